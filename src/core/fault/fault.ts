// What went wrong, where, and what to do about it: the one shape of every error that a user can meet.

/** `input`: the user's data or command line is wrong (exit 2). `outside`: a needed service failed (exit 3). `no`: the answer is no (exit 1). */
export type FaultKind = 'input' | 'outside' | 'no'

export interface FaultDetail {
  /** File, line, field, flag: whatever leads the reader to the spot. */
  readonly where?: string | undefined
  /** The next step, as an instruction. */
  readonly fix?: string | undefined
  readonly kind?: FaultKind
}

/** An error meant for the user: one line that says what is wrong, where, and what to do. */
export class Fault extends Error {
  readonly code: string
  readonly where: string | null
  readonly fix: string | null
  readonly kind: FaultKind

  constructor(code: string, message: string, detail: FaultDetail = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = 'Fault'
    this.code = code
    this.where = detail.where ?? null
    this.fix = detail.fix ?? null
    this.kind = detail.kind ?? 'input'
  }
}

/** The JSON form that `--json`, the HTTP API and batch lines share. */
export interface FaultJson {
  readonly error: {
    readonly code: string
    readonly message: string
    readonly where: string | null
    readonly fix: string | null
  }
}

/** Any thrown value as FaultJson; what is not a Fault is an internal error and says so. */
export function faultJson(thrown: unknown): FaultJson {
  if (thrown instanceof Fault) {
    return { error: { code: thrown.code, message: thrown.message, where: thrown.where, fix: thrown.fix } }
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown)
  return { error: { code: 'INTERNAL', message, where: null, fix: 'run again with --debug and report the stack' } }
}

/** The name nearest to `asked` within `names` by edit distance, or null when none is close enough to be a typing slip. */
export function nearestName(asked: string, names: Iterable<string>): string | null {
  const wanted = asked.toLowerCase()
  let best: string | null = null
  let bestDistance = Math.max(2, Math.floor(wanted.length / 3)) + 1
  for (const name of names) {
    const distance = editDistance(wanted, name.toLowerCase(), bestDistance)
    if (distance < bestDistance) {
      best = name
      bestDistance = distance
    }
  }
  return best
}

/** Edits between two names, two swapped neighbours being one (Damerau 1964, optimal string alignment), cut off at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let beforePrevious: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const swap = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isTurned = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const turn = isTurned ? beforePrevious[j - 2]! + 1 : swap
      row.push(Math.min(swap, turn, previous[j]! + 1, row[j - 1]! + 1))
    }
    beforePrevious = previous
    previous = row
  }
  return Math.min(previous[b.length]!, limit)
}
