// A batch that only decodes, as counters → how long a run of steps takes and which blocks it opens, without visiting a sequence.
// Functions over flat arrays, not an object: they run in every step, and as an object of closures they made the simulator about a tenth slower.

/** KV blocks of 16 that hold so many tokens. */
export const blocksOf = (tokens: number): number => (tokens + 15) >> 4

/**
 * Blocks that `steps` further steps open. `residues` counts the decoding sequences by (context − step) mod 16, `phase` is
 * step mod 16: a sequence whose cached context is a multiple of 16 opens one.
 */
export function blocksOpened(residues: Int32Array, phase: number, steps: number, decoding: number): number {
  let blocks = (steps >> 4) * decoding
  const rest = steps & 15
  for (let j = 0; j < rest; j++) blocks += residues[(32 - phase - j) & 15]!
  return blocks
}

/** The most steps, up to `wanted`, for which `free` blocks suffice. */
export function stepsWithBlocks(
  residues: Int32Array,
  phase: number,
  wanted: number,
  decoding: number,
  free: number,
): number {
  if (blocksOpened(residues, phase, wanted, decoding) <= free) return wanted
  const cycles = Math.floor(free / decoding)
  let left = free - cycles * decoding
  let steps = cycles * 16
  for (let j = 0; ; j++) {
    left -= residues[(32 - phase - j) & 15]!
    if (left < 0) return steps
    steps++
  }
}

/** Seconds of `steps` steps of which the first takes `first` seconds and each next one `growth` more. */
export const secondsOf = (steps: number, first: number, growth: number): number =>
  steps * first + (growth * steps * (steps - 1)) / 2

/** The fewest steps, up to `most`, whose times n·first + growth·n(n−1)/2 reach `room` seconds. */
export function stepsUntil(room: number, first: number, growth: number, most: number): number {
  let steps: number
  if (growth === 0) steps = Math.ceil(room / first)
  else {
    const b = first - growth / 2
    // The stable root of growth/2·n² + b·n − room = 0.
    steps = Math.ceil((2 * room) / (b + Math.sqrt(b * b + 2 * growth * room)))
  }
  steps = Math.max(1, Math.min(most, steps))
  while (steps > 1 && secondsOf(steps - 1, first, growth) >= room) steps--
  while (steps < most && secondsOf(steps, first, growth) < room) steps++
  return steps
}
