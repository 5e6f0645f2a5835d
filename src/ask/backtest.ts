// A ledger and the fleet that served its calls in; each hour as it was, and as the simulated fleet would have had it, out.
import { calibrated, gpuById, modelById, weightsOf } from '../catalog/facts.ts'
import { type Backtest, type BacktestHour, type FleetHour, summarized } from '../core/decide/backtest.ts'
import { utilizationOf } from '../core/decide/utilization.ts'
import { Fault } from '../core/fault/fault.ts'
import { instantText } from '../core/meter/calendar.ts'
import { isOwnServer } from '../core/meter/own-servers.ts'
import type { Scrape } from '../core/meter/scrape.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import { byHour } from '../core/serving/fleet/by-hour.ts'
import { runFleet } from '../core/serving/fleet/fleet.ts'
import { type ReplicaShape, smallestParallelism } from '../core/serving/hardware/memory.ts'
import { spreadTies } from '../core/serving/traffic/spread.ts'
import { groupedBy } from '../core/statistics/grouped.ts'
import { quantile, sorted } from '../core/statistics/sample.ts'
import type { LedgerReads, Slice } from '../ledger/ledger.ts'
import { allArrivals, type CallTimes } from './busiest.ts'

export interface BacktestQuestion {
  readonly fromMicros: number | null
  readonly toMicros: number | null
  /** Catalog model; null = the one that the calls name. */
  readonly model: string | null
  readonly gpu: string
  readonly tp: number | null
  readonly weights: string | null
  readonly kv: string | null
  /** Replicas all the time; null = what leases or scraped servers say. */
  readonly replicas: number | null
  readonly leases: readonly BacktestLease[] | null
  /** Providers that are own GPUs; null = the documented names. */
  readonly providers: readonly string[] | null
}

export interface BacktestLease {
  readonly gpu: string
  readonly count: number
  readonly fromMicros: number
  readonly toMicros: number | null
}

const hourMicros = 3_600e6
/** A replica's hours between two changes of the fleet are replayed together; so many hours are a year. */
const mostHours = 9000

/** @throws Fault NO_CALLS, MODEL_AMBIGUOUS, MODEL_UNKNOWN, GPU_UNKNOWN, MODEL_DOES_NOT_FIT, FLEET_UNKNOWN, PERIOD_TOO_LONG */
export async function backtest(
  question: BacktestQuestion,
  ledger: LedgerReads,
  progress: (text: string) => void,
): Promise<Backtest> {
  progress('reading the calls served on own GPUs')
  const period: Slice = {
    ...(question.fromMicros === null ? {} : { fromMicros: question.fromMicros }),
    ...(question.toMicros === null ? {} : { toMicros: question.toMicros }),
  }
  const { slice, model, names } = await servedSlice(question, ledger, period)
  const calls: CallTimes = await ledger.columns(slice)
  if (calls.n === 0) throw noCalls()
  const first = question.fromMicros ?? calls.atMicros[0]!
  const last = question.toMicros ?? calls.atMicros[calls.n - 1]!
  const begin = Math.floor(first / hourMicros) * hourMicros
  const count = Math.max(1, Math.ceil((last - begin + 1) / hourMicros))
  if (count > mostHours) {
    throw new Fault('PERIOD_TOO_LONG', `${count} hours are more than a backtest takes`, {
      where: '--from',
      fix: 'give --from and --to of at most a year',
    })
  }
  const scrapes = (await ledger.scrapes({ fromMicros: begin, toMicros: begin + count * hourMicros })).filter(
    scrape => scrape.model === null || names.has(scrape.model),
  )
  const shape = shapeOf(question, model)
  const engine = buildEngine(shape)
  if (!engine.memory.fits) throw new Fault('MODEL_DOES_NOT_FIT', engine.memory.problem!, { where: '--gpu' })
  const { replicas, source } = replicasOf(question, shape, engine.gpus, scrapes, begin, count)
  const predicted = predictedHours(calls, engine, replicas, begin, count, progress)
  const scraped = groupedBy(scrapes, ({ atMicros }) => Math.floor((atMicros - begin) / hourMicros))
  const counts = callsByHour(calls, begin, count)
  const hours = Array.from({ length: count }, (_, hour): BacktestHour => {
    const leased = replicas[hour]! * engine.gpus
    const actual = actualHour(calls, counts[hour]!, scraped.get(hour) ?? [], leased)
    return {
      atMicros: begin + hour * hourMicros,
      calls: counts[hour]!.to - counts[hour]!.from,
      actual,
      predicted: predicted[hour]!,
    }
  })
  const { leftOut } = allArrivals(calls)
  return {
    fleet: {
      model: model,
      gpu: shape.gpu.id,
      gpusPerReplica: engine.gpus,
      weights: shape.weightDtype ?? shape.model.nativeDtype,
      replicas: { min: Math.min(...replicas), max: Math.max(...replicas) },
      replicasFrom: source,
    },
    from: instantText(begin),
    to: instantText(begin + count * hourMicros),
    calls: calls.n,
    notes: [
      ...(leftOut > 0 ? [`${leftOut} calls of unknown length are not replayed`] : []),
      ...(scrapes.length === 0 ? ['no scraped metrics of these servers: how busy they were is not known'] : []),
    ],
    ...summarized(hours),
    hours: hours.map(({ atMicros, ...hour }) => ({ hour: instantText(atMicros), ...hour })),
  }
}

const noCalls = (): Fault =>
  new Fault('NO_CALLS', 'no call of that time was served on own GPUs', {
    where: '--from',
    fix: 'import logs of own servers, or name their provider with --provider',
  })

/** The calls of own servers, of one architecture. */
async function servedSlice(
  { model, providers }: BacktestQuestion,
  ledger: LedgerReads,
  period: Slice,
): Promise<{ readonly slice: Slice; readonly model: string; readonly names: ReadonlySet<string> }> {
  const { rows } = await ledger.report(period, ['provider', 'model'], 'UTC')
  const own = rows.filter(({ key }) =>
    providers === null ? isOwnServer(key.provider ?? null) : providers.includes(key.provider ?? ''),
  )
  if (own.length === 0) throw noCalls()
  const architecture = (name: string | null | undefined) =>
    name == null ? null : (weightsOf(name)?.architecture ?? null)
  const known = [...new Set(own.flatMap(({ key }) => architecture(key.model) ?? []))]
  const asked = model === null ? null : modelById(model).id
  if (asked === null && known.length !== 1) {
    const what = known.length === 0 ? 'no model of the catalog' : known.join(', ')
    throw new Fault('MODEL_AMBIGUOUS', `own servers served ${what}`, { where: '--model', fix: 'name the model' })
  }
  const chosen = asked ?? known[0]!
  const of = own.filter(({ key }) => architecture(key.model) === chosen)
  // A model that no log names as the catalog does is taken at its user's word.
  const meant = of.length > 0 ? of : own
  const models = [...new Set(meant.flatMap(({ key }) => key.model ?? []))]
  const provider = [...new Set(meant.flatMap(({ key }) => key.provider ?? []))]
  return {
    slice: { ...period, where: { provider, model: models } },
    model: chosen,
    names: new Set([...models, chosen]),
  }
}

function shapeOf({ gpu, tp, weights, kv }: BacktestQuestion, model: string): ReplicaShape {
  const shape = {
    gpu: gpuById(gpu),
    model: modelById(model),
    weightDtype: weights ?? undefined,
    kvDtype: kv ?? undefined,
  }
  return calibrated({ ...shape, tp: tp ?? smallestParallelism(shape) ?? 8 })
}

/** Replicas of each hour: stated, or the whole ones that leases of this GPU held, or the engines that were scraped. */
function replicasOf(
  { replicas, leases }: BacktestQuestion,
  { gpu }: ReplicaShape,
  gpus: number,
  scrapes: readonly Scrape[],
  begin: number,
  count: number,
): { readonly replicas: readonly number[]; readonly source: string } {
  if (replicas !== null) return { replicas: new Array<number>(count).fill(replicas), source: 'stated' }
  if (leases !== null) {
    const own = leases.filter(lease => lease.gpu === gpu.id)
    const held = Array.from({ length: count }, (_, hour) => {
      const [from, to] = [begin + hour * hourMicros, begin + (hour + 1) * hourMicros]
      const leased = own.reduce((sum, lease) => {
        const overlap = Math.min(to, lease.toMicros ?? to) - Math.max(from, lease.fromMicros)
        return sum + lease.count * Math.max(0, overlap / hourMicros)
      }, 0)
      return Math.floor(leased / gpus + 0.5)
    })
    if (held.some(n => n > 0)) return { replicas: held, source: 'leases' }
    throw new Fault('FLEET_UNKNOWN', `no lease of ${gpu.id} covers that time`, {
      where: '--leases',
      fix: 'correct the list',
    })
  }
  const engines = new Set(scrapes.map(({ server, engine }) => JSON.stringify([server, engine]))).size
  if (engines > 0) return { replicas: new Array<number>(count).fill(engines), source: 'scraped engines' }
  throw new Fault('FLEET_UNKNOWN', 'how many replicas served is not known', {
    where: '--replicas',
    fix: 'give --replicas or --leases, or import metrics of the servers',
  })
}

/** Hours between two changes of the fleet are one replay; what is under way at a change is finished by the fleet before it. */
function predictedHours(
  calls: CallTimes,
  engine: ReturnType<typeof buildEngine>,
  replicas: readonly number[],
  begin: number,
  count: number,
  progress: (text: string) => void,
): readonly FleetHour[] {
  const { arrivals, callOf } = allArrivals(calls)
  const offset = (calls.atMicros[0]! - begin) / 1e6
  const whole = spreadTies(arrivals)
  const hours: FleetHour[] = []
  for (let from = 0; from < count; ) {
    let to = from + 1
    while (to < count && replicas[to] === replicas[from]) to++
    progress(`replaying hours ${from + 1} to ${to} of ${count}`)
    const starts = (hour: number) => hour * 3600 - offset
    const low = lowerBound(whole.atSeconds, starts(from))
    const high = to === count ? callOf.length : lowerBound(whole.atSeconds, starts(to))
    const n = high - low
    const fleetSize = replicas[from]!
    const leased = fleetSize * engine.gpus
    if (n === 0 || fleetSize === 0) {
      for (let hour = from; hour < to; hour++)
        hours.push({ ...unknownHour, leasedGpuHours: leased, busyShare: n === 0 && leased > 0 ? 0 : null })
    } else {
      const part = {
        n,
        atSeconds: whole.atSeconds.slice(low, high),
        inputTokens: whole.inputTokens.slice(low, high),
        outputTokens: whole.outputTokens.slice(low, high),
      }
      const run = runFleet(part, { engine, replicas: fleetSize, router: 'least-loaded', charges: true })
      for (const { busyGpuSeconds, ttftMs, tpotMs } of byHour(run, starts(from), to - from)) {
        hours.push({
          leasedGpuHours: leased,
          busyShare: busyGpuSeconds / 3600 / leased,
          ttftP50Ms: ttftMs?.p50 ?? null,
          ttftP95Ms: ttftMs?.p95 ?? null,
          tpotP50Ms: tpotMs?.p50 ?? null,
        })
      }
    }
    from = to
  }
  return hours
}

const unknownHour: FleetHour = {
  leasedGpuHours: null,
  busyShare: null,
  ttftP50Ms: null,
  ttftP95Ms: null,
  tpotP50Ms: null,
}

function lowerBound(ascending: Float64Array, value: number): number {
  let [low, high] = [0, ascending.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (ascending[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

interface Range {
  readonly from: number
  readonly to: number
}

function callsByHour({ atMicros, n }: CallTimes, begin: number, count: number): readonly Range[] {
  return Array.from({ length: count }, (_, hour) => ({
    from: lowerBound(atMicros.subarray(0, n), begin + hour * hourMicros),
    to: lowerBound(atMicros.subarray(0, n), begin + (hour + 1) * hourMicros),
  }))
}

/** Latency as the calls' own records tell it, else as the servers' histograms do; time busy from the servers alone. */
function actualHour(calls: CallTimes, { from, to }: Range, scrapes: readonly Scrape[], leased: number): FleetHour {
  const ttft: number[] = []
  const tpot: number[] = []
  for (let i = from; i < to; i++) {
    const first = calls.ttftMs?.[i] ?? Number.NaN
    const whole = calls.latencyMs?.[i] ?? Number.NaN
    const output = calls.outputTokens[i]!
    if (!(first > 0) || (output > 1 && whole <= first)) continue
    ttft.push(first)
    if (output > 1 && whole > first) tpot.push((whole - first) / (output - 1))
  }
  const servers = utilizationOf(scrapes, () => ({ gpus: null, usdPerGpuHour: null }))
  const busy = servers.flatMap(({ busyShare }) => busyShare ?? [])
  const at = (values: readonly number[], q: number): number | null =>
    values.length === 0 ? null : quantile(sorted(values), q)
  const told = (name: 'ttftMs' | 'tpotMs', q: 'p50' | 'p95'): number | null => {
    const values = servers.flatMap(server => server[name]?.[q] ?? [])
    return values.length === 0 ? null : values.reduce((a, b) => a + b, 0) / values.length
  }
  return {
    leasedGpuHours: leased,
    busyShare: busy.length === 0 ? null : busy.reduce((a, b) => a + b, 0) / busy.length,
    ttftP50Ms: at(ttft, 0.5) ?? told('ttftMs', 'p50'),
    ttftP95Ms: at(ttft, 0.95) ?? told('ttftMs', 'p95'),
    tpotP50Ms: at(tpot, 0.5) ?? told('tpotMs', 'p50'),
  }
}
