// Budgets, a ledger and prices in; the one voice that says whether a call may pass and how each budget stands, out.
import { type Budget, hasRoom, hold, letGo, mostUsd, startTally, type Tally } from '../core/meter/budget.ts'
import type { CallRecord, Opened } from '../core/meter/call-record.ts'
import type { PriceCalls } from '../core/meter/load.ts'
import { formatUsd, type Money, parseUsd } from '../core/meter/money.ts'
import type { BudgetAnswer, BudgetAsk, Budgets } from '../gateway/budgets.ts'
import { periodAround } from '../ledger/calendar.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { isFor, isForOpened, type Spend, spendOf } from './budget-spend.ts'
import type { Say } from './log.ts'

export interface BudgetSettings {
  readonly budgets: readonly Budget[]
  /** What happens to calls whose price nobody knows: they pass and are counted, or are refused. */
  readonly unknownPrice: 'pass' | 'reject'
  /** Length of an answer whose request states none, tokens. */
  readonly assumedOutputTokens: number
}

export interface BudgetTools {
  readonly ledger: () => Promise<Pick<Ledger, 'report' | 'unsettled' | 'version'>>
  readonly price: () => Promise<PriceCalls['price']>
  readonly nowMicros: () => number
  /** What a person at the terminal should hear. */
  readonly say: Say
}

export interface BudgetState extends Spend {
  readonly budget: Budget
  readonly fromMicros: number
  readonly toMicros: number
  /** The most that calls under way, and those never settled, can cost. */
  readonly reserved: Money
  readonly heldCalls: number
  /** Calls refused since this server began. */
  readonly refusedCalls: number
}

export interface BudgetAuthority extends Budgets {
  /** Records that the ledger has just taken. */
  taken(records: readonly CallRecord[]): void
  /** All that lay in the spool is taken: resolves once the budgets say what the ledger says. */
  drained(): Promise<void>
  /** How each budget stands now. */
  states(): Promise<readonly BudgetState[]>
}

/** One budget in one period. */
interface Standing {
  readonly budget: Budget
  readonly fromMicros: number
  readonly toMicros: number
  readonly tally: Tally
  spend: Spend
  refused: number
  hasWarned: boolean
  /** Resolves once what was spent is known. */
  ready: Promise<void>
}

/** Held before its beginning was seen in the ledger for so long, a call never was: its worker died in between. */
const neverBegunMicros = 60_000_000
/** A client may ask for models without end. */
const mostUnknownNames = 100
/** A period that is over is still asked of by calls that began in it. */
const keptMicros = 3_600_000_000

export function openBudgets(settings: BudgetSettings, tools: BudgetTools): BudgetAuthority {
  const { budgets } = settings
  const standings = new Map<string, Standing>()
  /** Calls granted and not yet seen to begin in the ledger: since when. */
  const notBegun = new Map<string, number>()
  /** Settled in the ledger, and still held until what was spent is read from it again. */
  let settled = new Set<string>()
  /** Models whose unknown price was said. */
  const unknown = new Set<string>()
  let version: string | null = null
  let failed: string | null = null
  /** Calls of before may lie in the spool: nobody can say what is left until they are taken. */
  let start: () => void = () => {}
  const started = new Promise<void>(done => {
    start = done
  })
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  function standingAt(budget: Budget, micros: number): Standing {
    for (const one of standings.values()) {
      if (one.budget === budget && micros >= one.fromMicros && micros < one.toMicros) return one
    }
    const period = periodAround(budget.per, micros, budget.zone)
    const tally = startTally(budget.limit)
    const known = {
      refused: 0,
      hasWarned: false,
      spend: { usd: tally.spent, calls: 0, unpricedCalls: 0, unsettledCalls: 0 },
    }
    const standing: Standing = { budget, ...period, tally, ...known, ready: Promise.resolve() }
    const name = `${budget.name} ${period.fromMicros}`
    standings.set(name, standing)
    standing.ready = inTurn(() => load(standing))
    // A ledger that could not be read is asked again by the next call.
    standing.ready.catch(() => standings.delete(name))
    return standing
  }

  async function load(standing: Standing): Promise<void> {
    const ledger = await tools.ledger()
    const begun = await ledger.unsettled(standing.fromMicros)
    for (const opened of begun) holdBegun(standing, opened)
    await read(standing, new Set())
  }

  /** In one step, what the ledger tells of is spent and no longer held. */
  async function read(standing: Standing, told: ReadonlySet<string>): Promise<void> {
    standing.spend = await spendOf(await tools.ledger(), standing.budget, standing)
    standing.tally.spent = standing.spend.usd
    letGo(standing.tally, told)
    warn(standing)
  }

  function holdBegun(standing: Standing, opened: Opened): void {
    if (opened.atMicros < standing.fromMicros || opened.atMicros >= standing.toMicros) return
    if (!isForOpened(standing.budget, opened)) return
    hold(standing.tally, opened.key, opened.reservedUsd === undefined ? null : parseUsd(opened.reservedUsd))
  }

  function warn(standing: Standing): void {
    const { budget, tally } = standing
    if (standing.hasWarned || Number(tally.spent) < budget.warnAt * Number(budget.limit)) return
    standing.hasWarned = true
    const share = Math.floor((100 * Number(tally.spent)) / Number(budget.limit))
    tools.say(`${share} % of the budget ${budget.name} is spent: ${inWords(standing)}`, 'warn')
  }

  /** What was spent, read again; what the ledger now tells of is no longer held beside it. */
  async function refresh(): Promise<void> {
    const now = await (await tools.ledger()).version()
    if (now === version && settled.size === 0) return
    const told = settled
    settled = new Set()
    try {
      for (const [name, standing] of standings) {
        if (standing.toMicros + keptMicros < tools.nowMicros()) standings.delete(name)
        else await read(standing, told)
      }
      version = now
    } catch (thrown) {
      for (const key of told) settled.add(key)
      throw thrown
    }
  }

  /** What takes long is done before the first call waits for it. */
  async function warmUp(): Promise<void> {
    await tools.price()
    await Promise.all(budgets.map(budget => standingAt(budget, tools.nowMicros()).ready))
    await inTurn(refresh)
  }

  function sayUnknown({ provider, model }: BudgetAsk): void {
    const name = `${model ?? 'a model that was not read'} at ${provider ?? 'its provider'}`
    if (unknown.has(name) || unknown.size >= mostUnknownNames) return
    unknown.add(name)
    tools.say(`what a call of ${name} can cost is not known: it passes its budgets, and nothing is held for it`, 'warn')
  }

  function dropNeverBegun(): void {
    const gone = [...notBegun].filter(([, since]) => since + neverBegunMicros < tools.nowMicros()).map(([key]) => key)
    for (const key of gone) notBegun.delete(key)
    for (const { tally } of standings.values()) letGo(tally, gone)
  }

  function refusal(standing: Standing, usd: Money | null): BudgetAnswer {
    const cost = usd === null ? 'a call of unknown price' : `a call that may cost ${short(usd)}`
    const message = `the budget ${standing.budget.name} has no room for ${cost}: ${inWords(standing)}`
    return { isGranted: false, status: 429, code: 'BUDGET_EXCEEDED', message, retryAtMicros: standing.toMicros }
  }

  return {
    async reserve(ask) {
      const concerned = budgets.filter(budget => isFor(budget, ask))
      if (concerned.length === 0) return { isGranted: true, reservedUsd: null }
      const usd = mostUsd(boundedAsk(ask, settings.assumedOutputTokens), await tools.price())
      if (usd === null && settings.unknownPrice === 'reject') return unpriceable(ask)
      if (usd === null) sayUnknown(ask)
      await started
      const held = concerned.map(budget => standingAt(budget, ask.atMicros))
      await Promise.all(held.map(({ ready }) => ready))
      // Nothing is waited for from here on, so that no other call comes in between.
      const isHeld = held.every(({ tally }) => tally.held.has(ask.key))
      const full = isHeld ? undefined : held.find(one => one.budget.overrun === 'reject' && !hasRoom(one.tally, usd))
      if (full !== undefined) {
        full.refused++
        return refusal(full, usd)
      }
      for (const { tally } of held) hold(tally, ask.key, usd)
      notBegun.set(ask.key, tools.nowMicros())
      return { isGranted: true, reservedUsd: usd === null ? null : formatUsd(usd) }
    },
    release(key) {
      notBegun.delete(key)
      for (const { tally } of standings.values()) letGo(tally, [key])
    },
    taken(records) {
      for (const { kind, key } of records) if (kind === 'settled') settled.add(key)
      for (const record of records) {
        notBegun.delete(record.key)
        if (record.kind !== 'opened') continue
        for (const standing of standings.values()) holdBegun(standing, record)
      }
    },
    async drained() {
      dropNeverBegun()
      // Calls are in the ledger all the same: what was held for them is held on, and it is tried again.
      const fault = await (version === null ? warmUp() : inTurn(refresh)).then(() => null, messageOf)
      start()
      if (fault !== null && fault !== failed)
        tools.say(`the budgets could not be read from the ledger: ${fault}`, 'error')
      failed = fault
    },
    async states() {
      const now = tools.nowMicros()
      const current = budgets.map(budget => standingAt(budget, now))
      await Promise.all(current.map(({ ready }) => ready))
      await inTurn(refresh)
      return current.map(({ budget, fromMicros, toMicros, tally, spend, refused }) => ({
        ...spend,
        budget,
        fromMicros,
        toMicros,
        reserved: tally.reserved,
        heldCalls: tally.held.size,
        refusedCalls: refused,
      }))
    },
  }
}

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))

const boundedAsk = (ask: BudgetAsk, assumed: number) => ({
  ...ask,
  outputTokens: (ask.outputTokens ?? assumed) * ask.answers,
})

const unpriceable = ({ model, provider }: BudgetAsk): BudgetAnswer => ({
  isGranted: false,
  status: 403,
  code: 'PRICE_UNKNOWN',
  message: `what ${model ?? 'this call'} costs at ${provider ?? 'its provider'} is not known, and such calls are refused`,
  retryAtMicros: null,
})

/** For people: no trailing zeros. */
const short = (usd: Money): string => `$${formatUsd(usd).replace(/(\.\d\d\d*?)0+$/, '$1')}`

const inWords = ({ budget, tally, toMicros }: Standing): string =>
  `${short(tally.spent)} of ${short(budget.limit)} spent, ${short(tally.reserved)} held for calls under way, until ${new Date(
    toMicros / 1000,
  ).toISOString()}`
