// Runs of tasks and an option of the answer in; the tried option whose results speak for it, and what has to be taken for granted for that, out.
import type { OptionAnswer } from '../answer.ts'
import type { RunEvidence, TriedTasks } from './run-evidence.ts'
import type { TriedOption } from './tried-option.ts'

/** Whom results are looked for. */
export interface Described {
  readonly kind: OptionAnswer['kind']
  readonly group: string
  /** As served; null = the host does not say. */
  readonly dtype: string | null
  /** Who sells it by the token; null = a fleet. */
  readonly provider: string | null
}

export interface Heard {
  readonly run: RunEvidence
  readonly tried: TriedTasks
  /** A clause each; [] = it was this very option. */
  readonly assumed: readonly string[]
}

/**
 * The same weights at the same seller; else the same weights in the same known number format, wherever they ran, which is
 * said. A pass at bf16 does not clear fp4, and of a format that nobody knows nothing follows for another host. Of several
 * runs those nearest to the option count, of each suite the newest, and of these the one with the most tasks.
 */
export function heardOf(runs: readonly RunEvidence[], option: Described): Heard | null {
  const all = runs.flatMap(run =>
    run.options.flatMap(tried => {
      const assumed = assumedOf(tried.option, option)
      const tasks = assumed === null ? 0 : tried.passed.filter(passed => passed !== null).length
      return assumed === null || tasks === 0 ? [] : [{ run, tried, assumed, tasks }]
    }),
  )
  const nearest = all.filter(({ assumed }) => assumed.length === 0)
  const newest = new Map<string, (typeof all)[number]>()
  for (const one of nearest.length > 0 ? nearest : all) {
    const known = newest.get(one.run.suite)
    const isNewer = known === undefined || (one.run.at ?? '') > (known.run.at ?? '')
    const isLarger = known !== undefined && one.run.at === known.run.at && one.tasks > known.tasks
    if (isNewer || isLarger) newest.set(one.run.suite, one)
  }
  const [best] = [...newest.values()].sort(
    (a, b) => b.tasks - a.tasks || ((a.run.at ?? '') < (b.run.at ?? '') ? 1 : -1),
  )
  return best === undefined ? null : { run: best.run, tried: best.tried, assumed: best.assumed }
}

/** Null: its results say nothing of this option. */
function assumedOf(tried: TriedOption, option: Described): readonly string[] | null {
  if (tried.kind === 'cascade' || tried.kind === 'best-of-n') return null
  if (!isSameModel(weightsOf(tried), option.group)) return null
  const isDtypeSame = isSame(tried.dtype, option.dtype)
  if (isOfSeller(tried, option)) return tried.dtype === null || option.dtype === null || isDtypeSame ? [] : null
  if (!isDtypeSame) return null
  return [`the same weights in ${tried.dtype} are taken to do on it what they did ${placeOf(tried)}`]
}

/** The same seller's tier by the token: what was tried is what is sold, whatever its format is. */
const isOfSeller = (tried: TriedOption, { kind, provider }: Described): boolean =>
  kind === 'api' && tried.kind === 'api' && provider !== null && isSame(tried.provider, provider)

/** Closed models have no weights of the catalog: their own name stands for them. */
export const weightsOf = ({ group, model }: TriedOption): string | null => group ?? model

function placeOf({ kind, provider, engine, engineVersion, gpu, kvDtype }: TriedOption): string {
  const cache = kvDtype === null ? '' : `, KV cache in ${kvDtype}`
  if (provider !== null) return `at ${provider}${cache}`
  const served =
    engine === null
      ? kind === 'self-host'
        ? 'on own servers'
        : 'where they were tried'
      : `on ${[engine, engineVersion].filter(Boolean).join(' ')}`
  return `${served}${gpu === null ? '' : `, ${gpu}`}${cache}`
}

/** A dated snapshot, which is how OpenAI names what it served, is of the model that it is one of. */
export const isSameModel = (a: string | null, b: string | null): boolean =>
  a !== null && b !== null && isSame(undated(a), undated(b))

const undated = (model: string): string => model.replace(/-\d{4}-?\d{2}-?\d{2}$/, '')

const isSame = (a: string | null, b: string | null): boolean =>
  a !== null && b !== null && a.toLowerCase() === b.toLowerCase()
