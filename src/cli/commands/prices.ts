// `prices`: what the catalog lists, and every row it has of one model. Never opens the ledger.
import type { CommandFrame, CommandModule } from '../command.ts'

interface PricesFlags {
  readonly weights?: string
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
    command
      .command('import')
      .summary("hosted offers from OpenRouter's answer about a model's endpoints")
      .argument('<file...>', 'JSON of GET /api/v1/models/AUTHOR/MODEL/endpoints, as it was saved')
      .option('--weights <id>', 'catalog name of the weights (default: what the model in the file is known as)')
      .option('--at <date>', 'day on which it was fetched (default: today)')
      .addHelpText(
        'after',
        `
Each endpoint becomes an offer with its dtype, context and limits, kept in crossline.offers.json beside crossline.yaml.
It takes the place of the shipped offer of the same weights at the same host, and of an earlier import.`,
      )
      .action((files: readonly string[], flags: PricesFlags) => take(files, flags, frame))
  },
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

async function bookOf(flags: PricesFlags, frame: CommandFrame) {
  const [{ loadPriceBook }, { instant }] = await Promise.all([
    import('../../catalog/price-book.ts'),
    import('../../core/meter/calendar.ts'),
  ])
  const book = loadPriceBook({
    configFile: frame.globals().config,
    overlays: [...(frame.settings().prices ?? []), ...(flags.prices ?? [])],
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

async function take(paths: readonly string[], flags: PricesFlags, frame: CommandFrame): Promise<void> {
  const [{ offersOfEndpoints }, { addOwnOffers, ownFiles }, { useOwnFacts, weightsOf }, { instant }, { readJsonFile }] =
    await Promise.all([
      import('../../catalog/openrouter-endpoints.ts'),
      import('../../catalog/own-facts.ts'),
      import('../../catalog/facts.ts'),
      import('../../core/meter/calendar.ts'),
      import('../json-file.ts'),
    ])
  const { config } = frame.globals()
  useOwnFacts(config)
  const observedAt = flags.at ?? new Date().toISOString().slice(0, 10)
  instant(observedAt, '--at')
  const named = (model: string) => flags.weights ?? weightsOf(model)?.weights ?? model.split('/').at(-1)!.toLowerCase()
  // All files are read before one row is written: a bad one leaves nothing half done.
  const read = paths.map(path => offersOfEndpoints(readJsonFile(path), named, observedAt, path))
  const files = ownFiles(config)
  const rows = read.flatMap(one => one.rows)
  const { replaced } = addOwnOffers(files, rows)
  const refused = read.flatMap(one => one.refused)
  const { importedText } = await import('../prices-text.ts')
  frame.output.result({ file: files.offers, added: rows.length, replaced, offers: rows, refused }, () =>
    importedText(rows, refused, replaced, files.offers),
  )
}
