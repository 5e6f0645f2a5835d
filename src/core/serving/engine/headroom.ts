// Tokens that running sequences have yet to make → how much free cache an engine looks for before it admits a prompt beside them.
import type { Headroom } from './policies.ts'

/** The share as it stands, over decode steps. */
export interface HeadroomShare {
  readonly at: (step: number) => number
  readonly afterIdling: (step: number) => void
  /** Sequences were thrown out: those that stay have made `generated` of their `output` tokens. */
  readonly afterEviction: (step: number, sequences: number, generated: number, output: number) => void
  /**
   * The first step, counted from `step`, at which `share × (left − n·sequences)` is at most `room`, or one before; Infinity: none.
   * Room only shrinks meanwhile.
   */
  readonly stepsUntil: (step: number, sequences: number, left: number, room: number) => number
}

export function headroomShare(headroom: Headroom): HeadroomShare {
  const { first, last, steps, ahead } = headroom
  const slope = (first - last) / steps
  let from = first
  let since = 0
  const at = (step: number): number => Math.max(last, from - slope * Math.max(0, step - since))
  return {
    at,
    afterIdling: step => {
      from = first
      since = step
    },
    afterEviction: (step, sequences, generated, output) => {
      from = Math.min(1, (generated + ahead * sequences) / (output + 1))
      // The step in which it throws out does not lower it.
      since = step + 1
    },
    stepsUntil: (step, sequences, left, room) => {
      if (room < 0) return Number.POSITIVE_INFINITY
      const share = at(step)
      const falling = Math.max(0, (share - last) / slope)
      // (share − slope·n)·(left − n·sequences) = room, the smaller root.
      const b = share * sequences + slope * left
      const root = 2 * (share * left - room)
      const n = root / (b + Math.sqrt(Math.max(0, b * b - 2 * slope * sequences * root)))
      const found = n <= falling ? n : (left - room / last) / sequences
      return Math.max(1, Math.floor(found))
    },
  }
}
