// For how long each replica was leased, and how GPUs are sold, in; the instances that held them and the GPU time billed, out.
import { instanceOf } from './lease.ts'

/** How time on an instance is billed: in steps begun, and never less than so much. */
export interface BillingStep {
  readonly stepSeconds: number
  readonly leastSeconds: number
}

export interface Span {
  readonly fromSeconds: number
  readonly toSeconds: number
}

/** How the GPUs of a fleet are leased. Null: any number of them, and by any length of time. */
export interface InstanceTerms {
  readonly gpusPerInstance: number | null
  readonly billing: BillingStep | null
}

/**
 * GPU-seconds billed for replicas leased for `spans`. A replica goes to the fullest instance that has room, else a new
 * one is leased, and an instance goes when its last replica does. What is still leased at `endSeconds` goes on after it:
 * only leases that ended before are rounded up, and to that end at most.
 */
export function billedGpuSeconds(
  spans: readonly Span[],
  gpusPerReplica: number,
  endSeconds: number,
  { gpusPerInstance, billing }: InstanceTerms,
): number {
  const { replicasPerInstance, billedGpusPerReplica } = instanceOf(gpusPerReplica, gpusPerInstance)
  const instances = replicasPerInstance === 1 ? spans : packed(spans, replicasPerInstance)
  const seconds = instances.reduce((sum, span) => sum + billedSeconds(span, endSeconds, billing), 0)
  return seconds * billedGpusPerReplica * replicasPerInstance
}

function billedSeconds({ fromSeconds, toSeconds }: Span, endSeconds: number, billing: BillingStep | null): number {
  const used = toSeconds - fromSeconds
  if (billing === null || toSeconds >= endSeconds) return used
  const { stepSeconds, leastSeconds } = billing
  const rounded = Math.max(leastSeconds, Math.ceil(used / stepSeconds - 1e-9) * stepSeconds)
  return Math.max(used, Math.min(rounded, endSeconds - fromSeconds))
}

/**
 * What is left out where GPUs are still leased when the last call is done: the step and the least time of a lease that
 * would end there. Null where rounding up changes nothing that a reader would see.
 */
export function goesOnWords(durationSeconds: number, billing: BillingStep | null): string | null {
  if (billing === null) return null
  const ended = billedSeconds({ fromSeconds: 0, toSeconds: durationSeconds }, Number.POSITIVE_INFINITY, billing)
  if (ended - durationSeconds < 1) return null
  return `GPUs still leased at the end are billed for the ${lengthWords(durationSeconds)} simulated, as a part of a lease that goes on; one that ended there would be billed for ${lengthWords(ended)}`
}

function lengthWords(seconds: number): string {
  if (seconds < 3600) return `${Number((seconds / 60).toPrecision(3))} minutes`
  return seconds < 96 * 3600
    ? `${Number((seconds / 3600).toPrecision(3))} hours`
    : `${Math.round(seconds / 86_400)} days`
}

/** The instances that replicas were put on, in the order in which they were leased. */
function packed(spans: readonly Span[], room: number): Span[] {
  interface Instance {
    fromSeconds: number
    toSeconds: number
    replicas: number
  }
  const all: Instance[] = []
  const changes = spans
    .flatMap((span, i) => [
      { at: span.fromSeconds, span: i, begins: true },
      { at: span.toSeconds, span: i, begins: false },
    ])
    // One that goes makes room for one that comes at the same moment; a lease of no length begins before it ends.
    .sort((a, b) => a.at - b.at || (a.span === b.span ? 0 : Number(a.begins) - Number(b.begins)) || a.span - b.span)
  const held = new Map<number, Instance>()
  const open = new Set<Instance>()
  for (const { at, span, begins } of changes) {
    if (begins) {
      let fullest: Instance | null = null
      for (const instance of open) {
        if (instance.replicas < room && (fullest === null || instance.replicas > fullest.replicas)) fullest = instance
      }
      if (fullest === null) {
        fullest = { fromSeconds: at, toSeconds: at, replicas: 0 }
        all.push(fullest)
        open.add(fullest)
      }
      fullest.replicas++
      held.set(span, fullest)
      continue
    }
    const instance = held.get(span)
    if (instance === undefined) continue
    instance.replicas--
    instance.toSeconds = at
    if (instance.replicas === 0) open.delete(instance)
  }
  return all
}
