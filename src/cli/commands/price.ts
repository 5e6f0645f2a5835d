// `price`: one usage, or a file of them → its exact cost, line by line. Never opens the ledger.
import type { CommandFrame, CommandModule } from '../command.ts'

interface PriceFlags {
  readonly model?: string
  readonly provider?: string
  readonly usage?: string
  readonly at?: string
  readonly tier?: string
  readonly region?: string
  readonly speed?: string
  readonly prices?: readonly string[]
  readonly batch?: string
}

export const price: CommandModule = {
  name: 'price',
  register(program, frame) {
    program
      .command('price')
      .summary('price one usage exactly, line by line')
      .description(
        'Prices a usage at its own time, by the model, tier, region and speed that served it.\n' +
          'Kinds left out of --usage are 0; null means unknown, and an unknown usage has no price.',
      )
      .option('--model <name>', 'the model that served the call')
      .option('--provider <name>', 'who sold it (default: whoever makes the model)')
      .option('--usage <json>', 'counts by kind, such as {"input":200,"cacheRead":2000,"output":90}')
      .option('--at <time>', "when it was called, a date or an RFC 3339 time (default: the catalog's newest date)")
      .option('--tier <name>', 'the tier that served it: batch, flex, priority, fast …')
      .option('--region <name>', 'the region that served it, such as us-east-1 or global')
      .option('--speed <name>', 'fast, where the provider sells it')
      .option('--prices <file>', 'a prices.yaml that wins over the catalog (repeatable)', collect)
      .option('--batch <file.jsonl>', 'price each line of a file, or of - (standard input); prints JSON Lines')
      .addHelpText(
        'after',
        '\nA batch line is {"id","provider"?,"model","usage","at"?,"tier"?,"region"?,"speed"?}, or one that meter --batch prints.\n\n' +
          'Example:\n  crossline price --model claude-sonnet-4-5 --usage \'{"input":9,"output":12}\'',
      )
      .action((flags: PriceFlags) => run(flags, frame))
  },
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

async function run(flags: PriceFlags, frame: CommandFrame): Promise<void> {
  const [{ loadPriceBook }, { instant }, { Fault }] = await Promise.all([
    import('../../catalog/price-book.ts'),
    import('../../core/meter/calendar.ts'),
    import('../../core/fault/fault.ts'),
  ])
  const book = loadPriceBook({
    configFile: frame.globals().config,
    overlays: [...(frame.settings().prices ?? []), ...(flags.prices ?? [])],
  })
  const atMicros = instant(flags.at ?? book.newestDate, '--at')
  const { provider = null, model = null, tier = null, region = null, speed = null } = flags

  if (flags.batch !== undefined) {
    if (flags.usage !== undefined) {
      throw new Fault('FLAGS_CONFLICT', '--usage is for one call, --batch for a file of them', { where: '--usage' })
    }
    const [{ priceBatch }, { readText, writeOut }] = await Promise.all([
      import('../price-batch.ts'),
      import('../text-stream.ts'),
    ])
    const name = flags.batch === '-' ? 'standard input' : flags.batch
    const chunks = await readText(flags.batch)
    const defaults = { provider, model, atMicros, tier, region, speed }
    const tally = await priceBatch(book, chunks, writeOut, name, defaults)
    if (tally.bad > 0) {
      frame.output.note(`${tally.bad} of ${tally.lines} lines could not be read; each says why`)
      frame.output.status(2)
    }
    return
  }

  if (model === null) throw new Fault('FLAG_MISSING', 'a model is needed', { where: '--model', fix: 'name the model' })
  if (flags.usage === undefined) {
    throw new Fault('FLAG_MISSING', 'a usage is needed', {
      where: '--usage',
      fix: 'give counts such as --usage \'{"input":200,"output":90}\'',
    })
  }
  const [{ parseUsage }, meter, { pricedJson }, { priceText }] = await Promise.all([
    import('../../core/meter/usage.ts'),
    import('../../core/meter/price.ts'),
    import('../../core/meter/price-json.ts'),
    import('../price-text.ts'),
  ])
  let stated: unknown
  try {
    stated = JSON.parse(flags.usage)
  } catch {
    throw new Fault('JSON_INVALID', 'the usage is not JSON', {
      where: '--usage',
      fix: 'quote it for the shell: --usage \'{"input":200,"output":90}\'',
    })
  }
  const { usage, units } = parseUsage(stated, '--usage')
  const priced = meter.price(book, { provider, model, usage, units, atMicros, tier, region, speed })
  const at = flags.at ?? book.newestDate
  frame.output.result({ ...pricedJson(priced), at }, () => priceText(priced, model, at))
}
