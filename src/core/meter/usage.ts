// Token counts of one call by kind: disjoint where they are billed apart, and null where nobody told us.

/** The kinds of a usage, in the order in which every table and JSON document lists them. */
export const usageKinds = [
  'input',
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheWrite30m',
  'cacheWrite12h',
  'inputAudio',
  'inputImage',
  'output',
  'reasoning',
  'outputAudio',
  'outputImage',
  'searches',
] as const

export type UsageKind = (typeof usageKinds)[number]

/**
 * Usage of one call. `input` is uncached text not counted in another kind; `cacheWrite` is all writes, of which the four
 * TTL kinds are parts; `output` is what was generated, reasoning included. Null means unknown and is never 0.
 */
export type Usage = Readonly<Record<UsageKind, number | null>>

/** The kinds that add up to a call's total tokens (the others are parts of these, or not tokens). */
export const totalKinds = [
  'input',
  'cacheRead',
  'cacheWrite',
  'inputAudio',
  'inputImage',
  'output',
  'outputAudio',
  'outputImage',
] as const satisfies readonly UsageKind[]

/** The kinds that make up the prompt: what a context band looks at, and what a self-hosted server must hold. */
export const promptKinds = [
  'input',
  'cacheRead',
  'cacheWrite',
  'inputAudio',
  'inputImage',
] as const satisfies readonly UsageKind[]
