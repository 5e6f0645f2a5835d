// What the reader may turn: the controls of the page and the flags of the command, with their defaults and sources.
import { Fault } from '../fault/fault.ts'
import { estimate } from '../statistics/estimate.ts'
import { type Assumable, assumables } from './eligibility.ts'
import type { Assumption } from './evidence.ts'
import { type OwnServers, ownAssumptions } from './own-lease.ts'
import { tokenWords, usdWords } from './phrase.ts'
import { regions } from './region.ts'

/** Every choice that changes an answer without new evidence. The page's URL and the CLI's flags are both this value. */
export interface Choices {
  readonly hoursPerMonth: number
  /** Lease term of the GPU price row (`on_demand`, `spot`, `reserved_1y`, …). */
  readonly term: string
  /** Only these providers of GPUs; null = the default row of the catalog. */
  readonly providers: readonly string[] | null
  /** Overrides every lease row when set. */
  readonly usdPerGpuHour: number | null
  /** GPUs of a leased instance: of the price stated, or the only size that rows are taken of; null = as the row is sold. */
  readonly gpusPerInstance: number | null
  /** Tokens per second of every replica ÷ what was found for it. */
  readonly throughputFactor: number
  /** Busiest hour ÷ mean that fleets are counted on for; null = as it was seen. */
  readonly peakToMean: number | null
  /** Share of all tokens that are answers; null = as it was seen. */
  readonly outputShare: number | null
  /** What the API named in `api` bills for a million tokens of this traffic; null = as its price list says. */
  readonly apiUsdPerMtok: number | null
  /** Servers bought, as one more way to run the same replicas; null = none. */
  readonly own: OwnServers | null
  /** Only this GPU for self-hosting; null = all that evidence knows. */
  readonly gpu: string | null
  /** Name of the API option that self-hosting is compared with; null = the cheapest of the same weights. */
  readonly api: string | null
  /** Fixed number of replicas, spares included; null = sized for the busiest hour. */
  readonly replicas: number | null
  readonly minReplicas: number
  readonly spareReplicas: number
  readonly operationsUsdPerMonth: number
  /** Share of the GPU bill for storage, egress, monitoring. */
  readonly overheadShare: number
  /** Where "you are here" stands, tokens a month; null = what the ledger says. */
  readonly tokensPerMonth: number | null
  /** API that takes the calls that an option refuses, as `HOST:MODEL` or by its name; null = none does. */
  readonly fallback: string | null
  /** Part of the world that calls must be served in (`eu`, `us`, `jp`, `au`); null = anywhere. */
  readonly region: string | null
  /** Share of tasks that an option must pass; null = what their suite states. */
  readonly bar: number | null
  /** By how much an option may pass fewer of the same tasks than today's does, as a share; null = that is not asked. */
  readonly margin: number | null
  /** Of the runs of tasks that are kept, only this one counts; null = the newest that speaks for an option. */
  readonly taskRun: string | null
  /** What is not known of an option and is taken for granted all the same; null = nothing. */
  readonly assume: readonly Assumable[] | null
}

/** Defaults that hold until the reader turns them; `choiceAssumptions` says where each comes from. */
export const defaultChoices: Choices = {
  hoursPerMonth: 730,
  term: 'on_demand',
  providers: null,
  usdPerGpuHour: null,
  gpusPerInstance: null,
  throughputFactor: 1,
  peakToMean: null,
  outputShare: null,
  apiUsdPerMtok: null,
  own: null,
  gpu: null,
  api: null,
  replicas: null,
  minReplicas: 1,
  spareReplicas: 1,
  operationsUsdPerMonth: 8333,
  overheadShare: 0.15,
  tokensPerMonth: null,
  fallback: null,
  region: null,
  bar: null,
  margin: null,
  taskRun: null,
  assume: null,
}

const sources: Partial<Record<keyof Choices, string>> = {
  hoursPerMonth: '8,760 hours a year ÷ 12',
  term: 'the term that needs no commitment; spot can be taken away within minutes, so it is never the default',
  minReplicas: 'a service that is up at all times',
  spareReplicas: 'N+1: one replica may fail or be updated without loss',
  operationsUsdPerMonth:
    'half an engineer at 200,000 USD a year: the low end of published 0.5–2 engineers (100–400 thousand USD a year)',
  overheadShare:
    'storage, egress and monitoring: 15 % of the GPU bill (induwara.lk self-hosting calculator, 2026-06; others say 30–50 %)',
}

/** What a person calls each choice, and its value with the unit. */
const words: Record<
  Exclude<keyof Choices, 'own'>,
  { readonly label: string; readonly brief: (value: string | number) => string }
> = {
  hoursPerMonth: { label: 'month', brief: hours => `${hours} hours` },
  term: { label: 'lease term', brief: term => String(term).replaceAll('_', ' ') },
  providers: { label: 'GPU providers', brief: String },
  usdPerGpuHour: { label: 'every GPU-hour', brief: usd => usdWords(Number(usd)) },
  gpusPerInstance: { label: 'GPUs an instance', brief: count => `${count}; whole instances are leased` },
  throughputFactor: { label: 'throughput', brief: times => `${times}× what was found` },
  peakToMean: { label: 'busiest hour', brief: times => `${times}× the mean` },
  outputShare: { label: 'answers', brief: share => `${estimate(Number(share) * 100)} % of all tokens` },
  apiUsdPerMtok: { label: 'compared API', brief: usd => `${usdWords(Number(usd))} a million tokens` },
  gpu: { label: 'GPU', brief: gpu => `${gpu} only` },
  api: { label: 'compared API', brief: String },
  replicas: { label: 'replicas', brief: count => `${count}, fixed` },
  minReplicas: { label: 'replicas at least', brief: String },
  spareReplicas: { label: 'spare replicas', brief: count => `${count}${count === 1 ? ' (N+1)' : ''}` },
  operationsUsdPerMonth: { label: 'operations', brief: usd => `${usdWords(Number(usd))} a month` },
  overheadShare: {
    label: 'overhead',
    brief: share => `${estimate(Number(share) * 100)} % of the GPU bill (storage, egress, monitoring)`,
  },
  tokensPerMonth: {
    label: 'volume',
    brief: tokens => `${tokenWords(Number(tokens))} a month, which the bands do not draw`,
  },
  fallback: { label: 'calls refused go to', brief: String },
  region: { label: 'served in', brief: String },
  bar: { label: 'quality bar', brief: share => `${estimate(Number(share) * 100)} % of tasks passed` },
  margin: {
    label: 'margin of quality',
    brief: share => `up to ${estimate(Number(share) * 100)} % of tasks fewer than today's`,
  },
  taskRun: { label: 'run of tasks', brief: String },
  assume: { label: 'taken for granted', brief: String },
}

/** One line per choice that shapes the answer: its value, and whether the reader stated it or why it is the default. */
export function choiceAssumptions(choices: Choices): Assumption[] {
  const list: Assumption[] = []
  for (const key of Object.keys(words) as (keyof typeof words)[]) {
    const chosen = choices[key]
    const value = Array.isArray(chosen) ? chosen.join(', ') : (chosen as string | number | null)
    const isStated = value !== defaultChoices[key]
    if (!isStated && sources[key] === undefined) continue
    const { label, brief } = words[key]
    const said = value === null ? 'none' : brief(value)
    if (isStated) list.push({ name: key, value, source: 'stated by you', label, brief: `${said}, stated by you` })
    else list.push({ name: key, value, source: `default: ${sources[key]}`, label, brief: said })
  }
  return [...list, ...ownAssumptions(choices.own, choices.hoursPerMonth)]
}

/** Far beyond the whole traffic of any provider: a volume above it is a slip. */
export const mostTokensPerMonth = 1e18

/** Refuses choices that no fleet or month can have. Fault CHOICE_INVALID names the field. */
export function checkChoices(choices: Choices): void {
  const bad = (key: keyof Choices, expected: string) => {
    const where = String(key)
    throw new Fault('CHOICE_INVALID', `${where} must be ${expected}, got ${String(choices[key])}`, {
      where,
      fix: `give ${where} as ${expected}`,
    })
  }
  const number = (key: keyof Choices, holds: (value: number) => boolean, expected: string) => {
    const value = choices[key]
    if (value !== null && !(typeof value === 'number' && Number.isFinite(value) && holds(value))) bad(key, expected)
  }
  const count = (value: number) => Number.isSafeInteger(value) && value >= 0
  number('hoursPerMonth', value => value > 0, 'a number > 0')
  number('usdPerGpuHour', value => value >= 0, 'a number ≥ 0')
  number('gpusPerInstance', value => count(value) && value >= 1, 'a whole number ≥ 1')
  number('throughputFactor', value => value > 0, 'a number > 0')
  number('peakToMean', value => value >= 1, 'a number ≥ 1')
  number('outputShare', value => value > 0 && value < 1, 'a share between 0 and 1')
  number('apiUsdPerMtok', value => value >= 0, 'a number ≥ 0')
  if (choices.apiUsdPerMtok !== null && choices.api === null) {
    throw new Fault('CHOICE_INVALID', 'apiUsdPerMtok is the price of an API, and none is named', {
      where: 'apiUsdPerMtok',
      fix: 'name it: api (--api on the command line)',
    })
  }
  number('replicas', value => count(value) && value >= 1, 'a whole number ≥ 1')
  number('minReplicas', count, 'a whole number ≥ 0')
  number('spareReplicas', count, 'a whole number ≥ 0')
  number('operationsUsdPerMonth', value => value >= 0, 'a number ≥ 0')
  number('overheadShare', value => value >= 0, 'a number ≥ 0')
  number('bar', value => value > 0 && value <= 1, 'a share above 0, up to 1')
  number('margin', value => value > 0 && value < 1, 'a share between 0 and 1')
  number('tokensPerMonth', value => value > 0 && value <= mostTokensPerMonth, 'a number > 0, up to 1e18')
  const wrong = choices.assume?.find(one => !assumables.includes(one))
  if (wrong !== undefined) bad('assume', `some of ${assumables.join(', ')}`)
  if (choices.region !== null && !(regions as readonly string[]).includes(choices.region)) {
    bad('region', `one of ${regions.join(', ')}`)
  }
}
