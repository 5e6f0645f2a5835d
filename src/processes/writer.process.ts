// The process that owns the ledger: it takes the spool in, and answers for the page and its API.
import { constants, setPriority } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { proxiesOf } from '../gateway/proxies.ts'
import { budgetsOf } from '../server/budget-settings.ts'
import { serveLedger } from '../server/ledger-server.ts'
import { type Say, troubleText } from '../server/log.ts'
import { operations } from '../server/operations.ts'
import { ensureSample } from '../server/sample.ts'
import { type Scraper, startScraper } from '../server/scraper.ts'
import { takeWaiting } from '../server/spool-writer.ts'
import { openWorkplace, type Workplace } from '../server/workplace.ts'
import { writerFigures } from './figures.ts'
import type { FromWriter, Opened, ToWriter, WriterStart } from './messages.ts'
import { serveBudgets } from './serve-budgets.ts'

const tell = (message: FromWriter): void => {
  // Who is not there to hear it is known by its end, which follows.
  if (process.connected) process.send!(message, undefined, undefined, () => {})
}
const say: Say = (text, level) => tell({ kind: 'say', text, level })
/** A ledger that cannot be opened is tried again: somebody may have mended it. */
const againMs = 10_000
let tellFigures: (id: number) => void = () => {}
let stop: () => void = () => process.exit()

process.title = 'crossline writer'
// Whoever read the log may have left: no call ends for it.
process.stderr.on('error', () => {})
// It ends after the gateways: the supervisor tells it when, or is gone.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
process.on('disconnect', () => stop())

const started = new Promise<WriterStart>(done => {
  process.on('message', (message: ToWriter) => {
    if (message.kind === 'start') done(message)
    else if (message.kind === 'ask figures') tellFigures(message.id)
    else if (message.kind === 'ping') tell({ kind: 'pong' })
    else stop()
  })
})

const { dataDir, configFile, priceFiles, scraped, budgets, zone, hosts, version } = await started
const workplace = openWorkplace({
  dataDir,
  ...(configFile === null ? {} : { configFile }),
  priceFiles,
  isServed: true,
  budgets: budgetsOf(budgets, zone ?? undefined),
  say,
})
// Calls go before their accounts, which wait in the spool; but where a budget is asked before each call, it is a part of the call.
// No lower than this: the page's answers are made here too, and starve on a busy machine.
if (workplace.budgets === null) giveWay()
const asked = workplace.budgets === null ? null : await serveBudgets(workplace.budgets)
const server = await serveLedger({ workplace, operations, version, hosts, say })
let scraper: Scraper | null = null
stop = () => {
  asked?.close()
  void Promise.resolve(scraper?.stop())
    .then(server.stop)
    .finally(() => process.exit())
}
const figures = writerFigures(workplace, server.spool)
tellFigures = async id => tell({ kind: 'figures', id, figures: await figures() })
tell({ kind: 'listening', url: server.url, budgetsUrl: asked?.url ?? null })
let opened = await open(workplace).catch(thrown => {
  say(`the ledger is not ready: ${troubleText(thrown)}`, 'error')
  return null
})
// Open or broken: requests are answered from now on, if only with what is wrong.
server.ready()
scraper = startScraper(workplace, scraped, say, proxiesOf(process.env))
tell({ kind: 'opened', opened })
while (opened === null) {
  await sleep(againMs)
  opened = await open(workplace).catch(() => null)
  if (opened === null) continue
  say('the ledger is open', 'info')
  tell({ kind: 'opened', opened })
}

function giveWay(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
  } catch {
    // Where that is not allowed both have the same right.
  }
}

/** Opens the ledger, takes what waits for it, and puts the sample in when it is empty. */
async function open(workplace: Workplace): Promise<Opened> {
  // What the server before this one left in the spool is counted by the first answer, and no sample is put beside it.
  await takeWaiting(workplace, say)
  const sample = await workplace.exclusively(() => ensureSample(workplace))
  const sources = await (await workplace.ledger()).sources()
  return { calls: sources.reduce((sum, source) => sum + source.calls, 0), sample }
}
