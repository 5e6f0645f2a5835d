// Flags that say what own servers cost → what a try on them costs that tells no price.
import type { OptionAnswer } from '../../core/decide/answer.ts'
import { type Amortization, amortizedUsd } from '../../core/decide/quality/amortized.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import type { Money } from '../../core/meter/money.ts'
import { type Usage, unknownUsage, usageKinds } from '../../core/meter/usage.ts'
import type { PlainRecord } from '../../intake/attempts/cells.ts'
import type { PlainAttempt } from '../../intake/attempts/plain-row.ts'
import { readJsonFile } from '../json-file.ts'
import type { AmortizationFlags } from './amortization-flags.ts'

/** How each option's tries were paid for, as the answer says it. */
export interface AmortizedOption {
  readonly option: string
  readonly basis: string
  /** Tries that were priced so. */
  readonly tries: number
}

export interface Amortizer {
  readonly priceOf: (attempt: PlainAttempt, record: PlainRecord) => Money | null
  readonly told: () => readonly AmortizedOption[]
}

const rateNames = ['loaded', 'marginal'] as const

/** @throws Fault FLAGS_CONFLICT, FLEET_UNKNOWN, BAD_RATE, NOT_JSON */
export function amortizerOf(flags: AmortizationFlags): Amortizer {
  const ways = new Map<string, { readonly how: Amortization; readonly basis: string; tries: number }>()
  for (const [option, name] of Object.entries(flags.fleet ?? {}))
    ways.set(option, { ...byFleet(flags, name), tries: 0 })
  for (const [option, rate] of Object.entries(flags.usdPerHour ?? {})) {
    if (ways.has(option)) {
      throw new Fault('FLAGS_CONFLICT', `"${option}" is paid by the token and by the hour`, {
        where: '--usd-per-hour',
        fix: 'give one of --fleet and --usd-per-hour for it',
      })
    }
    ways.set(option, { ...byHour(rate), tries: 0 })
  }
  return {
    priceOf: (attempt, record) => {
      const way = ways.get(attempt.option)
      if (way === undefined) return null
      const usd = amortizedUsd({ usage: usageOf(record), seconds: attempt.seconds }, way.how)
      if (usd !== null) way.tries++
      return usd
    },
    told: () => [...ways].map(([option, { basis, tries }]) => ({ option, basis, tries })),
  }
}

function byFleet({ answer, atRate = 'loaded' }: AmortizationFlags, name: string) {
  const rate = rateNames.find(one => one === atRate)
  if (rate === undefined) {
    throw new Fault('BAD_RATE', `"${atRate}" is no rate`, { where: '--at-rate', fix: `use ${rateNames.join(' or ')}` })
  }
  if (answer === undefined) {
    throw new Fault('FLAGS_CONFLICT', 'a fleet is one of an answer, and none is given', {
      where: '--fleet',
      fix: 'crossline crossover --json > answer.json, then --answer answer.json',
    })
  }
  const { options = [] } = readJsonFile(answer) as { options?: readonly OptionAnswer[] }
  const fleets = options.filter(({ effectiveRates }) => effectiveRates)
  const found = fleets.find(option => option.name === name)
  if (found === undefined) {
    const names = fleets.map(option => option.name)
    const near = nearestName(name, names)
    throw new Fault('FLEET_UNKNOWN', `the answer has no fleet of a known cost called "${name}"`, {
      where: answer,
      fix: near === null ? `it has ${names.slice(0, 5).join('; ') || 'none'}` : `did you mean "${near}"?`,
    })
  }
  const rates = found.effectiveRates![rate]
  const why =
    rate === 'loaded' ? 'idle hours, spares and people included' : 'its GPUs while they are busy, and nothing else'
  return {
    how: { by: 'token', rates } as const,
    basis: `by the token on ${name} under its real traffic (${rate}: ${why})`,
  }
}

function byHour(text: string) {
  const match = /^(\d+(?:\.\d+)?)(?:\/(\d+))?$/.exec(text)
  const [usdPerHour, atOnce] = [Number(match?.[1]), Number(match?.[2] ?? 1)]
  if (match === null || atOnce < 1) {
    throw new Fault('BAD_RATE', `"${text}" is no price of an hour`, {
      where: '--usd-per-hour',
      fix: 'write OPTION=2.5, or OPTION=2.5/8 for a server that does eight tries at once',
    })
  }
  const shared = atOnce === 1 ? '' : `, shared by ${atOnce} tries at once`
  return {
    how: { by: 'hour', usdPerHour, atOnce } as const,
    basis: `by the time it took, at $${usdPerHour} an hour${shared}; idle hours are not in it`,
  }
}

/** As our own runs write it, nested or in columns. */
function usageOf(record: PlainRecord): Usage | null {
  const from = typeof record.usage === 'object' && record.usage !== null ? (record.usage as PlainRecord) : record
  const told = usageKinds.flatMap(kind => {
    const value = from[kind]
    const count = value === undefined || value === null || value === '' ? Number.NaN : Number(value)
    return Number.isFinite(count) && count >= 0 ? [[kind, count] as const] : []
  })
  return told.length === 0 ? null : { ...unknownUsage, ...Object.fromEntries(told) }
}
