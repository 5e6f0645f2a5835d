// `prices`: what the catalog lists, and every row it has of one model. Never opens the ledger.
import type { CommandFrame, CommandModule } from '../command.ts'

interface PricesFlags {
  readonly provider?: string
  readonly model?: string
  readonly at?: string
  readonly prices?: readonly string[]
}

export const prices: CommandModule = {
  name: 'prices',
  register(program, frame) {
    const command = program
      .command('prices')
      .summary('the catalog of token prices')
      .description('What the price catalog says: offline, dated, each row with its source.')
    command
      .command('list')
      .summary('standard prices of all models, or of some')
      .option('--provider <name>', 'only of this provider')
      .option('--model <text>', 'only models with this in their name')
      .option('--at <date>', "prices in force then (default: the catalog's newest date)")
      .option('--prices <file>', 'a prices.yaml that wins over the catalog (repeatable)', collect)
      .action((flags: PricesFlags) => list(flags, frame))
    command
      .command('show')
      .summary('every price of a model: rows, dates, tiers, sources, ages')
      .argument('<model>', 'the model')
      .option('--provider <name>', 'who sells it (default: whoever makes the model)')
      .option('--at <date>', "ages and states on this date (default: the catalog's newest)")
      .option('--prices <file>', 'a prices.yaml that wins over the catalog (repeatable)', collect)
      .action((model: string, flags: PricesFlags) => show(model, flags, frame))
  },
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

async function bookOf(flags: PricesFlags, frame: CommandFrame) {
  const [{ loadPriceBook, ownOverlays }, { instant }] = await Promise.all([
    import('../../catalog/price-book.ts'),
    import('../../core/meter/calendar.ts'),
  ])
  const book = loadPriceBook({
    overlays: [...ownOverlays(frame.globals().config), ...(frame.settings().prices ?? []), ...(flags.prices ?? [])],
  })
  const at = flags.at ?? book.newestDate
  instant(at, '--at')
  return { book, at }
}

async function list(flags: PricesFlags, frame: CommandFrame): Promise<void> {
  const { book, at } = await bookOf(flags, frame)
  const [{ listPrices }, { listText }] = await Promise.all([
    import('../../catalog/price-history.ts'),
    import('../prices-text.ts'),
  ])
  const { provider, model } = flags
  const models = listPrices(book, at, { ...(provider && { provider }), ...(model && { model }) })
  const { version, newestDate } = book
  frame.output.result({ version, newestDate, at, models }, () => listText(models, version, at))
}

async function show(model: string, flags: PricesFlags, frame: CommandFrame): Promise<void> {
  const { book, at } = await bookOf(flags, frame)
  const [{ priceHistory }, { historyText }] = await Promise.all([
    import('../../catalog/price-history.ts'),
    import('../prices-text.ts'),
  ])
  const history = priceHistory(book, model, flags.provider ?? null, at)
  const { version, newestDate } = book
  frame.output.result({ version, newestDate, at, ...history }, () => historyText(history, version, at))
}
