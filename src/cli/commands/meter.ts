// `meter`: a recorded response, or a file of them → the model and the usage that it tells. Never opens the ledger.
import type { CommandFrame, CommandModule } from '../command.ts'

interface MeterFlags {
  readonly wire?: string
  readonly stream?: boolean
  readonly framing?: string
  readonly provider?: string
  readonly batch?: string
}

export const meter: CommandModule = {
  name: 'meter',
  register(program, frame) {
    program
      .command('meter [file]')
      .summary('read model and usage from a recorded response')
      .description(
        'Reads a recorded response body, or the transcript of a stream, as the gateway reads it from the network.\n' +
          'What the provider did not tell is null, never 0; what was told before an error or a cut is kept.',
      )
      .option(
        '--wire <name>',
        'openai.chat, openai.responses, openai.embeddings, anthropic.messages or gemini.generateContent',
      )
      .option('--stream', 'the file is a stream of events, not one JSON body')
      .option('--framing <name>', 'how the stream is cut into events: sse or json-array', undefined)
      .option('--provider <name>', 'who sent it: sellers of one wire differ in what they count inside what')
      .option('--batch <file.jsonl>', 'read each line of a file, or of - (standard input); prints JSON Lines')
      .addHelpText(
        'after',
        '\nA batch line is {"id","wire","stream","provider"?,"framing"?} with "body", the JSON response, or "chunks", a list\n' +
          'of texts or of {"base64"}, as the network cut them.\n\n' +
          'Example:\n  curl -sN … | crossline meter --wire anthropic.messages --stream -',
      )
      .action((file: string | undefined, flags: MeterFlags) => run(file, flags, frame))
  },
}

async function run(file: string | undefined, flags: MeterFlags, frame: CommandFrame): Promise<void> {
  const [{ Fault }, { framingOf, meterBatch, wireOf }, { readText, writeOut }] = await Promise.all([
    import('../../core/fault/fault.ts'),
    import('../meter-batch.ts'),
    import('../text-stream.ts'),
  ])
  const wire = flags.wire === undefined ? null : wireOf(flags.wire, '--wire')
  const framing = framingOf(flags.framing ?? null, '--framing')
  const { provider = null } = flags

  if (flags.batch !== undefined) {
    const clash = file !== undefined ? file : flags.stream ? '--stream' : flags.framing && '--framing'
    if (clash) {
      throw new Fault('FLAGS_CONFLICT', 'a batch says of each line how to read it', {
        where: clash,
        fix: `leave it out`,
      })
    }
    const name = flags.batch === '-' ? 'standard input' : flags.batch
    const tally = await meterBatch(await readText(flags.batch), writeOut, name, { wire, provider })
    if (tally.bad > 0) {
      frame.output.note(`${tally.bad} of ${tally.lines} lines could not be read; each says why`)
      frame.output.status(2)
    }
    return
  }

  if (wire === null) {
    throw new Fault('FLAG_MISSING', 'a wire is needed', {
      where: '--wire',
      fix: 'name the format, such as --wire openai.chat',
    })
  }
  if (file === undefined) {
    throw new Fault('FILE_MISSING', 'a recorded response is needed', {
      where: 'FILE',
      fix: 'name a file, or - for standard input',
    })
  }
  const [{ startReading }, { readingJson }, { meterText }, { readBytes }] = await Promise.all([
    import('../../wire/reading.ts'),
    import('../../wire/reading-json.ts'),
    import('../meter-text.ts'),
    import('../text-stream.ts'),
  ])
  const inProgress = startReading(wire, { stream: flags.stream === true, framing, provider })
  for await (const bytes of await readBytes(file)) inProgress.push(bytes)
  const reading = inProgress.end()
  frame.output.result(readingJson(reading), () => meterText(reading))
}
