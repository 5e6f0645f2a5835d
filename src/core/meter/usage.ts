// Token counts of one call by kind: disjoint where they are billed apart, and null where nobody told us.
import { Fault, nearestName } from '../fault/fault.ts'

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

/** The kinds that make up the answer: what a self-hosted server must write. */
export const answerKinds = ['output', 'outputAudio', 'outputImage'] as const satisfies readonly UsageKind[]

/** Billed quantities that are not tokens of the kinds above. Whole numbers; absent = none. */
export const unitKinds = [
  /** Billed requests; a call is one when this is absent. */
  'requests',
  /** Seconds of audio transcribed or spoken, where the seller bills by time. */
  'audioSeconds',
  /** Characters, where the seller bills text to speech or translation by them. */
  'characters',
  /** Document pages read, plain and annotated (OCR). */
  'pages',
  'annotatedPages',
  /** Images made, where the seller bills by the image. */
  'images',
  /** Rerank search units (one query over up to 100 documents). */
  'rerankUnits',
  /** Searches over the caller's own files (vector stores), as opposed to `searches` of the web. */
  'fileSearches',
  /** Text messages put into a voice session. */
  'textMessages',
  /** Tokens quoted from search results and billed apart. */
  'citationTokens',
  /** Cached tokens × hours that the seller kept them. */
  'cacheStorageTokenHours',
  /** The same by the second, for durations that are not whole hours: 3,600 of these are one token-hour. */
  'cacheStorageTokenSeconds',
] as const

export type UnitKind = (typeof unitKinds)[number]
/** Tokens of another model that this one asked for advice, see `advice.ts`: `advice 1 output claude-opus-5`. */
export type AdviceUnit = `advice ${number} ${UsageKind} ${string}`
/** Which advice of a call, the kind, and whose. */
export const adviceForm = new RegExp(`^advice (\\d+) (${usageKinds.join('|')}) (.+)$`)
export type BilledUnits = Readonly<Partial<Record<UnitKind | AdviceUnit, number>>>

/** The writes by time to live: parts of `cacheWrite`. */
export const cacheWriteParts = [
  'cacheWrite5m',
  'cacheWrite1h',
  'cacheWrite30m',
  'cacheWrite12h',
] as const satisfies readonly UsageKind[]

/** A usage of zeros: what a caller who states a usage means by the kinds left out. */
export const noUsage: Readonly<Record<UsageKind, number>> = Object.freeze(
  Object.fromEntries(usageKinds.map(kind => [kind, 0])) as Record<UsageKind, number>,
)

/** A usage of which nothing is known. */
export const unknownUsage: Usage = Object.freeze(
  Object.fromEntries(usageKinds.map(kind => [kind, null])) as Record<UsageKind, null>,
)

/**
 * A usage from the counts a record states; kinds left out are 0, because the record's format says what it counts.
 * `cacheWrite` is filled from its parts when absent. Throws Fault when a part exceeds its whole.
 */
export function usageOf(stated: Partial<Usage>, where?: string): Usage {
  const usage = { ...noUsage, ...stated } as Record<UsageKind, number | null>
  if (stated.cacheWrite === undefined) usage.cacheWrite = knownSum(usage, cacheWriteParts)
  checkParts(usage, where)
  return usage
}

/**
 * An unknown JSON value as a usage and its other billed units: strict, because a usage that is not understood is a wrong bill.
 * Counts are whole numbers ≥ 0, or null for unknown; a kind left out is 0. Throws Fault naming the field.
 */
export function parseUsage(value: unknown, where = 'usage'): { usage: Usage; units: BilledUnits } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Fault('USAGE_INVALID', `expected an object of counts such as {"input":200,"output":90}`, { where })
  }
  const usage: Record<UsageKind, number | null> = { ...noUsage }
  let units: Record<string, number> | null = null
  let writesStated = false
  for (const key in value) {
    const count = (value as Record<string, unknown>)[key]
    if (count !== null && !(Number.isSafeInteger(count) && (count as number) >= 0)) {
      throw new Fault('USAGE_INVALID', `expected a whole number >= 0 or null, got ${JSON.stringify(count)}`, {
        where: `${where}.${key}`,
      })
    }
    if (kindSet.has(key)) {
      usage[key as UsageKind] = count as number | null
      if (key === 'cacheWrite') writesStated = true
    } else if (unitSet.has(key) || adviceForm.test(key)) {
      if (count === null) {
        throw new Fault('USAGE_INVALID', 'expected a whole number >= 0: leave the key out when there are none', {
          where: `${where}.${key}`,
        })
      }
      units ??= {}
      units[key] = count as number
    } else {
      const nearest = nearestName(key, [...usageKinds, ...unitKinds])
      throw new Fault('USAGE_UNKNOWN_KIND', `"${key}" is not a kind of usage`, {
        where: `${where}.${key}`,
        fix: nearest ? `did you mean "${nearest}"?` : `kinds: ${[...usageKinds, ...unitKinds].join(', ')}`,
      })
    }
  }
  if (!writesStated) usage.cacheWrite = knownSum(usage, cacheWriteParts)
  checkParts(usage, where)
  return { usage, units: units ?? noUnits }
}

const kindSet: ReadonlySet<string> = new Set(usageKinds)
const unitSet: ReadonlySet<string> = new Set(unitKinds)

export const noUnits: BilledUnits = Object.freeze({})

/** All tokens of a call, or null when any of the kinds that add up to it is unknown. */
export const totalTokens = (usage: Usage): number | null => knownSum(usage, totalKinds)

/** The whole prompt, whatever part of it was cached: what a context band looks at. Null when a part is unknown. */
export const promptTokens = (usage: Usage): number | null => knownSum(usage, promptKinds)

/**
 * Tokens of the prompt that are told: a kind that nobody tells adds none. For sums over calls of which those of unknown
 * usage are counted apart; never for the size of one prompt, which is `promptTokens`.
 */
export const toldPromptTokens = (usage: Told): number => toldSum(usage, promptKinds)

/** The same of the answer. */
export const toldAnswerTokens = (usage: Told): number => toldSum(usage, answerKinds)

type Told = Readonly<Partial<Record<UsageKind, number | null>>>

const toldSum = (usage: Told, kinds: readonly UsageKind[]): number =>
  kinds.reduce((sum, kind) => sum + (usage[kind] ?? 0), 0)

/** The usage of two pieces of one call or stream together; unknown in either is unknown in the sum (laws 1 and 4). */
export function addUsage(a: Usage, b: Usage): Usage {
  const sum = {} as Record<UsageKind, number | null>
  for (const kind of usageKinds) {
    const x = a[kind]
    const y = b[kind]
    sum[kind] = x === null || y === null ? null : x + y
  }
  return sum
}

function knownSum(usage: Usage, kinds: readonly UsageKind[]): number | null {
  let sum = 0
  for (const kind of kinds) {
    const count = usage[kind]
    if (count === null) return null
    sum += count
  }
  return sum
}

function checkParts(usage: Usage, where = 'usage'): void {
  const { cacheWrite, output, reasoning } = usage
  if (cacheWrite !== null) {
    const parts =
      (usage.cacheWrite5m ?? 0) + (usage.cacheWrite1h ?? 0) + (usage.cacheWrite30m ?? 0) + (usage.cacheWrite12h ?? 0)
    if (parts > cacheWrite) {
      throw new Fault(
        'USAGE_INVALID',
        `the cache writes by time to live add up to ${parts}, over cacheWrite ${cacheWrite}`,
        {
          where: `${where}.cacheWrite`,
        },
      )
    }
  }
  if (output !== null && reasoning !== null && reasoning > output) {
    throw new Fault('USAGE_INVALID', `reasoning ${reasoning} is part of output ${output} and cannot exceed it`, {
      where: `${where}.reasoning`,
    })
  }
}
