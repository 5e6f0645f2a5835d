// Cost terms and a range of volumes in; the vertices of the exact curve out: lines for APIs, every step for own GPUs.
import type { CostTerms } from '../core/decide/answer.ts'
import { costAt } from '../core/decide/staircase.ts'

/** A point of a curve: tokens a month, USD a month. */
export interface Vertex {
  readonly tokensPerMonth: number
  readonly usd: number
}

/** Above this many steps in view a step is narrower than a pixel, and the curve is sampled by columns instead. */
const mostSteps = 600

/**
 * Vertices of `costAt(terms, ·)` over [low, high], ascending in volume. Each vertex lies on the curve; at a riser of the
 * staircase two vertices share a volume, the lower first (a replica is full *at* the boundary, so the boundary itself
 * costs the lower step). Stops where the cost is not finite: a fixed fleet that is full serves no more.
 */
export function curve(terms: CostTerms, low: number, high: number, columns = 160): Vertex[] {
  const vertices: Vertex[] = []
  const add = (tokensPerMonth: number, usd: number) => {
    if (Number.isFinite(usd)) vertices.push({ tokensPerMonth, usd })
  }
  if (terms.kind === 'self-host' && terms.replicaMtokPerMonth > 0) {
    const step = terms.replicaMtokPerMonth * 1e6
    const firstRiser = Math.max(1, terms.minReplicas, Math.ceil(low / step))
    const { knee } = terms
    const riserAt = (n: number) => n * (knee && n < knee.replicas ? knee.replicaMtokPerMonth * 1e6 : step)
    const lastOfKnee = knee ? Math.min(knee.replicas, Math.ceil(high / (knee.replicaMtokPerMonth * 1e6))) - 1 : 0
    const lastRiser = Math.max(Math.ceil(high / step) - 1, lastOfKnee)
    const flat = terms.fixedReplicas !== null || lastRiser < firstRiser
    if (flat || lastRiser - firstRiser < mostSteps) {
      add(low, costAt(terms, low))
      if (!flat) {
        for (let n = firstRiser; n <= lastRiser; n++) {
          const riser = riserAt(n)
          if (riser <= low || riser >= high) continue
          const above = Math.min(high, riser + (riserAt(n + 1) - riser) / 2)
          add(riser, costAt(terms, riser))
          add(riser, costAt(terms, above))
        }
      }
      const end = terms.fixedReplicas === null ? high : Math.min(high, Math.max(low, riserAt(terms.fixedReplicas)))
      if (end > low) add(end, costAt(terms, end))
      return vertices
    }
  }
  const ratio = high / low
  for (let i = 0; i <= columns; i++) {
    const tokensPerMonth = i === columns ? high : low * ratio ** (i / columns)
    add(tokensPerMonth, costAt(terms, tokensPerMonth))
  }
  return vertices
}
