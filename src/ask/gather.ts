// A question in; all that is known about it, before anything is chosen, out: traffic, what each API would bill, what a replica carries.

import { arrivalProfile } from '../catalog/arrival-profiles.ts'
import { doubtsAbout, gpuById, loadFacts, modelById, offersOf, weightsOf } from '../catalog/facts.ts'
import { defaultLease, defaultLeaseRule, isOdd } from '../catalog/leases.ts'
import { sampleAttribution } from '../catalog/sample.ts'
import { tokenizerOf } from '../catalog/tokenizers.ts'
import { type CountedTwice, countedTwiceText } from '../core/decide/counted-twice.ts'
import type { Coverage } from '../core/decide/coverage.ts'
import type { Demand } from '../core/decide/demand.ts'
import type { ApiTerms, Assumption, Evidence, LeaseRow } from '../core/decide/evidence.ts'
import { mostDrawnShare } from '../core/decide/grade.ts'
import { daysOf } from '../core/decide/traffic.ts'
import { Fault } from '../core/fault/fault.ts'
import { callNeeds } from '../core/meter/needs.ts'
import { isOwnServer } from '../core/meter/own-servers.ts'
import { notModelled } from '../core/serving/fleet/not-modelled.ts'
import type { Model } from '../core/serving/hardware/model.ts'
import { hourlyPeakToMean } from '../core/statistics/arrival-profile.ts'
import type { CallColumns, LedgerReads, ReportRow, UsageGroup } from '../ledger/ledger.ts'
import { offerTerms, type Traffic, trafficOf } from './api-terms.ts'
import { type PrefixEvidence, prefixEvidence } from './cache-hits.ts'
import { countedTwice } from './counted-twice.ts'
import { gatherCoverage } from './coverage.ts'
import { noLimits, type Refusals, refusalsOf } from './feasibility.ts'
import { asMetered } from './metered.ts'
import { withLevers } from './metered-levers.ts'
import { objectiveOf } from './objective.ts'
import { deferrableCalls, limitsOf, offerBases, type Sold, todaysHost, unstatedNotes } from './offer-bases.ts'
import { ownServersOf } from './own-servers.ts'
import { withPrefixes } from './prefixes.ts'
import { defaultGpus, defaultOtherModels, type Question } from './question.ts'
import { replayed } from './replay.ts'
import { type Candidate, replicaTerms, shapesOf } from './replica-terms.ts'
import { type Asked, askedCalls } from './slices.ts'
import { triedCalls } from './tried-calls.ts'

export interface Tools {
  readonly ledger: LedgerReads
  /** The newest date of the price catalog in use: what "now" is when the question names no date. */
  readonly newestPrices: string
  readonly progress?: (text: string) => void
}

const windowSeconds = 600

/**
 * Everything known of the question, the replay of today's calls on the cheapest fleet of today's weights included.
 * Faults: LEDGER_EMPTY, MODEL_NOT_METERED, MODEL_UNKNOWN, GPU_UNKNOWN.
 */
export async function gather(question: Question, tools: Tools): Promise<Evidence> {
  const { ledger, progress = () => {} } = tools
  const asked = await askedCalls(question, ledger)
  progress('reading the traffic')
  const demand = await ledger.demand(asked.slice, windowSeconds)
  if (demand === null) {
    throw new Fault('LEDGER_CHANGED', 'the calls asked about were taken away while they were read', {
      fix: 'ask again',
      kind: 'outside',
    })
  }
  const calls = await withPrefixes(ledger, asked.slice, await ledger.columns(asked.slice))
  const groups = await ledger.usageGroups(asked.slice, { windowSeconds })
  const traffic = trafficOf(groups, demand.windows.calls.length)

  const candidates = candidatesOf(question, asked.group)
  const gpus = (question.gpus ?? defaultGpus).map(gpu => gpuById(gpu))
  const objective = objectiveOf(question, calls)
  const adapters = question.adapters > 0 ? { count: question.adapters, rank: question.adapterRank } : undefined
  const sold = offers(candidates, asked.group, question.tried)
  const contextOf = (model: Model) => ({ ...noLimits, contextTokens: model.maxContext })
  const refusals = refusalsOf(calls, [
    ...sold.map(({ offer }) => limitsOf(offer)),
    ...candidates.map(({ model }) => contextOf(model)),
  ])
  const prefixes = await prefixEvidence(ledger, asked.slice, calls)
  const api = await apiTerms(question, tools, { asked, sold, calls, traffic, groups, refusals, prefixes })
  const shapes = shapesOf(candidates, gpus, adapters).map(one => ({
    ...one,
    infeasible: refusals.infeasibleOf(contextOf(one.shape.model)),
  }))
  const replicas = replicaTerms(shapes, calls, demand, objective, question.seed, (done, of) =>
    progress(`trying replicas: ${done} of ${of}`),
  )
  const period = {
    ...(question.fromMicros === null ? {} : { fromMicros: question.fromMicros }),
    ...(question.toMicros === null ? {} : { toMicros: question.toMicros }),
  }
  const bill = await gatherCoverage(ledger, period, { sample: asked.sample })
  const repeats = await ledger.repeats(asked.slice)
  const ownServers = await ownServersOf(question, ledger, asked)
  const evidence: Evidence = {
    schemaVersion: 1,
    sample: asked.sample,
    attribution: asked.sample ? sampleAttribution : [],
    at: question.at ?? tools.newestPrices,
    seed: question.seed,
    slice: asked.described,
    todayGroup: asked.group,
    demand,
    coverage: coverageOf(asked, demand, await attributedShare(ledger, asked), bill),
    profiles: profilesFor(demand, estimatedShareOf(asked)),
    objective,
    ...(ownServers === null ? {} : { ownServers }),
    api,
    replicas,
    feasibility: refusals.evidence,
    tokenizers: tokenizersOf([...api, ...replicas].map(({ group }) => group)),
    leases: markedLeases(gpus.map(gpu => gpu.id)),
    dedicated: loadFacts().dedicated.filter(row => gpus.some(gpu => gpu.id === row.gpu)),
    ...(adapters === undefined ? {} : { adapters }),
    slices: asked.slices,
    ...(asked.part === null ? {} : { asked: asked.part }),
    ...(repeats.known === 0 ? {} : { repeats }),
    runnable: loadFacts().models.map(({ id }) => id),
    assumptions: [
      ...assumptionsOf(question, asked),
      ...shapes.flatMap(({ shape }) => doubtsAbout(shape)),
      ...cacheAssumptions(prefixes, demand),
      ...(await countedTwice(ledger, asked.slice)).map(countedAssumption),
      ...(await triedCalls(ledger, asked.slice)),
    ],
    notModelled,
  }
  progress('replaying the traffic')
  return replayed(evidence, shapes, calls)
}

/** Today's weights when they are open, then the other open models asked for. */
function candidatesOf(question: Question, group: string | null): Candidate[] {
  const today = question.asModel !== null ? question.asModel : group
  const known = today === null ? null : weightsOf(today)
  const own: Candidate[] = []
  if (known?.architecture) own.push({ model: modelById(known.architecture), weights: known.weights })
  // Closed weights have offers and no fleet; a name that nobody knows is a slip worth a hint.
  else if (question.asModel !== null && known === null) modelById(question.asModel, '--as-model')
  const open = question.tried.filter(name => weightsOf(name)?.architecture)
  const others = (question.otherModels ?? [...new Set([...defaultOtherModels, ...open])]).map(name => ({
    model: modelById(name),
    weights: weightsOf(name)?.weights ?? name,
  }))
  return [...own, ...others.filter(other => own.every(one => one.weights !== other.weights))]
}

/** Hosted offers of every candidate's weights, today's first; offers of closed models in use or tried are listed too. */
function offers(candidates: readonly Candidate[], group: string | null, tried: readonly string[]): Sold[] {
  const names = [...new Set([...(group === null ? [] : [group]), ...candidates.map(one => one.weights), ...tried])]
  return names.flatMap(weights => offersOf(weights).map(offer => ({ offer, weights })))
}

/** What a host sells of these weights; a dated snapshot, which is how OpenAI names what it served, as what it is one of. */
function soldBy(host: string, weights: string): Sold | null {
  for (const name of [weights, weights.replace(/-\d{4}-?\d{2}-?\d{2}$/, '')]) {
    const offer = offersOf(name, { all: true }).find(one => one.host === host)
    if (offer !== undefined) return { offer, weights: name }
  }
  return null
}

/** What today's seller bills, then what each hosted offer would, each with its own cache hits, refusals and savings. */
async function apiTerms(
  question: Question,
  { ledger }: Tools,
  known: {
    readonly asked: Asked
    readonly sold: readonly Sold[]
    readonly calls: CallColumns
    readonly traffic: Traffic
    readonly groups: readonly UsageGroup[]
    readonly refusals: Refusals
    readonly prefixes: PrefixEvidence | null
  },
): Promise<ApiTerms[]> {
  const { asked, sold, calls, traffic, groups, refusals, prefixes } = known
  const host = question.asModel === null ? todaysHost(asked) : null
  const today = host === null || asked.group === null ? null : { host, weights: asked.group }
  const deferrable = await deferrableCalls(ledger, asked.slice, groups)
  // Today's own seller is simulated too: for the saving that caching would be where nobody caches yet.
  const ownSold = today === null ? null : soldBy(today.host, today.weights)
  const inputs = { ledger, slice: asked.slice, columns: calls, traffic, refusals, prefixes, windowSeconds }
  const bases = await offerBases([...sold, ...(ownSold === null ? [] : [ownSold])], {
    ...inputs,
    deferrable: deferrable.all,
  })
  const isToday = ({ offer, weights }: Sold) => offer.host === today?.host && weights === today.weights
  const needed = callNeeds
    .map(({ need, bit }) => ({ need, calls: calls.needs.reduce((sum, bits) => sum + ((bits & bit) === 0 ? 0 : 1), 0) }))
    .filter(one => one.calls > 0)
  return [
    ...asMetered(asked, question, groups, traffic).map(terms =>
      withLevers(terms, ownSold, bases[sold.length] ?? null, traffic, deferrable.notYetBatch),
    ),
    ...sold.map((one, i) => {
      const { offer, weights } = one
      const basis = isToday(one) ? { ...bases[i]!, cache: { kind: 'as metered' } as const } : bases[i]!
      const terms = offerTerms(offer, weights, traffic, basis)
      const servesToday = isToday(one) ? { servesToday: true } : {}
      const adapters = question.adapters > 0 ? { takesAdapters: loadFacts().adapters.get(offer.host) ?? null } : {}
      return { ...terms, ...servesToday, ...adapters, notes: [...terms.notes, ...unstatedNotes(offer, needed)] }
    }),
  ]
}

/** Silent where nothing is known of repeats and nothing was cached: then every prompt is fresh everywhere. */
function cacheAssumptions(prefixes: PrefixEvidence | null, { calls, usage }: Demand): Assumption[] {
  const label = 'prompt caches'
  if (prefixes !== null) {
    const source = `prefix blocks of ${prefixes.calls} of ${calls} calls, ${prefixes.blockTokens === null ? 'cut by bytes, each an equal share of its prompt' : `${prefixes.blockTokens} tokens each`}, under each seller's own rule; calls of one instant do not read each other's`
    return [
      { name: 'prompt cache', value: 'simulated', source, label, brief: 'simulated per seller from prefix blocks' },
    ]
  }
  if (usage.cacheRead + usage.cacheWrite === 0) return []
  const source =
    "today's hits hold at today's seller alone: no record tells which prompts repeat, so other sellers bill them fresh"
  return [{ name: 'prompt cache', value: 'not carried over', source, label, brief: 'not carried to other sellers' }]
}

const tokenizersOf = (groups: readonly string[]): Record<string, string | null> =>
  Object.fromEntries([...new Set(groups)].map(group => [group, tokenizerOf(group)]))

/** Leases of the GPUs in play; the row that stands for each GPU and term is marked. */
function markedLeases(gpus: readonly string[]): LeaseRow[] {
  const { leases } = loadFacts()
  const rows = leases.filter(lease => gpus.includes(lease.gpu))
  const defaults = new Set<string>()
  for (const gpu of gpus) {
    for (const term of new Set(rows.map(row => row.term))) {
      const row = defaultLease(rows, gpu, term)
      if (row) defaults.add(row.id)
    }
  }
  return rows.map(row => ({
    ...row,
    ...(defaults.has(row.id) ? { isDefault: true } : {}),
    ...(isOdd(row) ? { isOdd: true } : {}),
  }))
}

/** Share of calls that name a workload or a feature. */
async function attributedShare(ledger: LedgerReads, asked: Asked): Promise<number> {
  const { rows, total } = await ledger.report(asked.slice, ['workload', 'feature'], 'UTC')
  const none = rows.filter(row => row.key.workload === null && row.key.feature === null)
  return total.calls === 0 ? 0 : 1 - none.reduce((sum, row) => sum + row.calls, 0) / total.calls
}

/** Share of the calls asked about that were drawn from sums and not metered one by one. */
function estimatedShareOf({ metered }: Asked): number {
  const calls = metered.reduce((sum, row) => sum + row.calls, 0)
  return calls === 0 ? 0 : metered.reduce((sum, row) => sum + row.estimatedCalls, 0) / calls
}

/** The shapes that arrivals may have where a week was not seen, or where their times are drawn. */
function profilesFor(demand: Demand, estimatedShare: number): NonNullable<Evidence['profiles']> {
  if (daysOf(demand) >= 7 && estimatedShare <= mostDrawnShare) return []
  return (['flat', 'diurnal'] as const).map(name => {
    const { source, ...profile } = arrivalProfile(name)
    return { name, source, peakToMean: hourlyPeakToMean({ source, ...profile }) }
  })
}

/** What is known of the calls asked about; beside it how much of the whole bill was metered, by whatever calls. */
function coverageOf(asked: Asked, demand: Demand, attributedShare: number, bill: Coverage): Evidence['coverage'] {
  const sum = (rows: readonly ReportRow[], of: (row: ReportRow) => number) =>
    rows.reduce((all, row) => all + of(row), 0)
  const calls = sum(asked.metered, row => row.calls)
  const share = (part: number) => (calls === 0 ? null : part / calls)
  // Calls on own servers are billed by the hour: no price a token is missing there, and none is known either.
  const own = asked.metered.filter(row => isOwnServer(row.key.provider ?? null))
  const sold = asked.metered.filter(row => !own.includes(row))
  return {
    pricedShare: share(calls - sum(asked.metered, row => row.unpricedCalls)),
    ownShare: share(sum(own, row => row.calls)),
    attributedShare,
    estimatedShare: estimatedShareOf(asked),
    unknownShare: demand.calls === 0 ? null : demand.unknownUsageCalls / demand.calls,
    bill:
      bill.billedUsd === null || bill.meteredUsd === null
        ? null
        : {
            billedUsd: bill.billedUsd,
            meteredUsd: bill.meteredUsd,
            billedShare: bill.billedShare,
            billedOnly: bill.billedOnly,
          },
    notes: bill.notes,
    unpricedModels: sold
      .filter(row => row.unpricedCalls > 0)
      .map(row => ({ model: nameOf(row), calls: row.unpricedCalls, share: row.unpricedCalls / demand.calls })),
  }
}

const nameOf = (row: ReportRow): string => row.key.model ?? '(no model named)'

/** Which of the summed calls are known one by one cannot be told, so that none is left out. */
function countedAssumption(one: CountedTwice): Assumption {
  return {
    name: 'counted twice',
    label: 'sums beside calls',
    value: one.name,
    brief: `${one.name} and the calls of ${one.provider} that it sums up: both are counted`,
    source: countedTwiceText(one),
  }
}

function assumptionsOf(question: Question, asked: Asked): Assumption[] {
  const list: Assumption[] = [
    {
      name: 'lease',
      label: 'GPU prices',
      value: 'one named row per GPU',
      brief: 'one named row per GPU, of middle price',
      source: defaultLeaseRule,
    },
    {
      name: 'replica load',
      label: 'replicas tried with',
      value: 'busiest hour',
      source:
        'replicas are tried with the requests of the busiest hour at their own pace, thinned or copied to each load, in a fleet of about the size that the hour needs',
    },
  ]
  if (question.asModel !== null) {
    list.push({
      name: 'as-model',
      label: 'taken to run on',
      value: question.asModel,
      brief: `${question.asModel}, stated by you`,
      source: 'stated by you: these calls taken to run on these weights, token for token',
    })
  }
  if (question.adapters > 0) {
    const { adapters, adapterRank } = question
    const value = `${adapters} of rank ${adapterRank}`
    list.push({
      name: 'adapters',
      value,
      brief: `${value}, stated by you, on every replica`,
      source:
        'stated by you: all of them are kept on every replica, which they share; of hosts, only those whose tier by the token is known to serve adapters, and endpoints by the hour',
    })
  }
  const presumed = asked.group === null ? null : weightsOf(asked.group)
  if (presumed?.presumed) {
    list.push({
      name: 'architecture',
      value: presumed.architecture,
      source: `presumed for ${presumed.weights}: not checked`,
    })
  }
  return list
}
