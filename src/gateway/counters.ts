// What the gateway did, as counts that a page of metrics shows; no content, no secrets, no names of users.

/** Upper bounds of the histogram of added latency, milliseconds. */
export const latencyBoundsMs = [0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 50] as const

export interface Counters {
  /** Metered requests by upstream. */
  readonly requests: Map<string, number>
  /** How metered requests were answered, by `STATUS UPSTREAM`; the status is `none` where no answer came. */
  readonly answers: Map<string, number>
  /** Requests passed on unmetered, by `UPSTREAM METHOD path`; many paths of one upstream are one name. */
  readonly unmetered: Map<string, number>
  /** Requests refused here, by the code of the refusal. */
  readonly refused: Map<string, number>
  /** Calls whose budgets could not be asked. */
  unasked: number
  opened: number
  settled: number
  /** Records that the spool did not take: their calls are missing, or unsettled for ever. */
  lost: number
  /** Requests between their last byte and their start upstream, by bound; the last is beyond all bounds. */
  readonly added: number[]
  addedSumMs: number
}

export function startCounters(): Counters {
  return {
    requests: new Map(),
    answers: new Map(),
    unmetered: new Map(),
    refused: new Map(),
    unasked: 0,
    opened: 0,
    settled: 0,
    lost: 0,
    added: new Array(latencyBoundsMs.length + 1).fill(0),
    addedSumMs: 0,
  }
}

export function count(counts: Map<string, number>, name: string, mostNames = 200): void {
  const known = counts.has(name) || counts.size < mostNames ? name : 'other'
  counts.set(known, (counts.get(known) ?? 0) + 1)
}

/** `openai GET /v1/models/…`: what stands for an id, a key or a version in a path, and would make many names of one, is left out. */
export function passName(upstream: string, method: string, path: string): string {
  const pattern = path
    .split(/[?#]/)[0]!
    .split('/')
    .map(segment =>
      /^v\d\w*$/.test(segment) || /^[a-z][a-z_-]{0,39}$/i.test(segment) || segment === '' ? segment : '…',
    )
  return `${upstream} ${method} ${pattern.join('/')}`
}

export function countAdded(counters: Counters, ms: number): void {
  const found = latencyBoundsMs.findIndex(bound => ms <= bound)
  counters.added[found < 0 ? latencyBoundsMs.length : found]! += 1
  counters.addedSumMs += ms
}
