// `crossover`: a ledger, a trace or stated terms → options ranked, crossing points, pictures.
import type { Answer } from '../../core/decide/answer.ts'
import { sameCommand } from '../again.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { type CrossoverFlags, crossoverParams, declareCrossoverFlags } from '../crossover-flags.ts'
import { terminalColumns } from '../output.ts'
import { type Runner, runnerOn, withTrace } from '../run-operation.ts'
import { writeFileOf } from '../written.ts'

export const crossover: CommandModule = {
  name: 'crossover',
  register(program, frame) {
    const command = program
      .command('crossover')
      .summary('the answer: options ranked, crossing points, chart')
      .description(
        'Ranks APIs and self-hosting for your traffic, and finds every volume at which the cheapest option changes.',
      )
    declareCrossoverFlags(command)
      .addHelpText(
        'after',
        `
Examples:
  crossline crossover
  crossline crossover --as-model llama-3.1-70b --html answer.html
  crossline crossover --trace calls.csv.gz --model gpt-5-mini
  crossline crossover --gpu h100-sxm-80gb --term reserved_1y --volume 3e9 --json
  crossline crossover --inputs terms.yaml`,
      )
      .action((flags: CrossoverFlags) =>
        flags.inputs === undefined ? fromTraffic(frame, flags) : fromTerms(frame, flags.inputs),
      )
  },
}

async function fromTerms(frame: CommandFrame, path: string): Promise<void> {
  const { closedFormOfFile, closedFormText } = await import('../closed-form.ts')
  const result = closedFormOfFile(path)
  frame.output.result(result, () => closedFormText(result))
}

async function fromTraffic(frame: CommandFrame, flags: CrossoverFlags): Promise<void> {
  const params = await crossoverParams(frame, flags)
  if (flags.trace === undefined) return runnerOn(frame, 'crossover', run => answer(frame, flags, params, run))
  return withTrace(frame, flags.trace, (run, leftOut) => answer(frame, flags, params, run, leftOut))
}

async function answer(
  frame: CommandFrame,
  flags: CrossoverFlags,
  params: Awaited<ReturnType<typeof crossoverParams>>,
  run: Runner,
  leftOut: string | null = null,
): Promise<void> {
  const { crossover: operation } = await import('../../server/operations.ts')
  const found = await run(operation, { ...params, ...(flags.by === undefined ? {} : { by: flags.by }) })
  // What was left out is part of what the answer covers, for a program that reads no stderr.
  const notes = leftOut === null ? found.coverage.notes : [...found.coverage.notes, leftOut]
  const result = { ...found, coverage: { ...found.coverage, notes } }
  const command = sameCommand(frame.words)
  await writePictures(flags, result, async () => {
    const { choicesOf, questionParamsOf } = await import('../../server/answers.ts')
    const { evidence } = await import('../../server/operations.ts')
    const { answerHtml } = await import('../../report/html.ts')
    const { standaloneBundle } = await import('../../server/page-files.ts')
    return answerHtml(await run(evidence, questionParamsOf(params)), choicesOf(params), standaloneBundle(), command)
  })
  const { answerText } = await import('../../report/text.ts')
  const { color } = frame.globals()
  const { slicesText } = await import('../../report/slices-text.ts')
  const { by, rows, total, unattributed = null } = result
  const slices =
    by === undefined || rows === undefined || total === undefined
      ? ''
      : `${slicesText({ by, rows, total, unattributed }, { columns: terminalColumns(), color })}\n\n`
  frame.output.result(result, () =>
    slices.concat(answerText(result, { columns: terminalColumns(), color, command, explain: flags.explain })),
  )
}

async function writePictures(flags: CrossoverFlags, result: Answer, html: () => Promise<string>): Promise<void> {
  if (flags.svg !== undefined) {
    const { answerSvg } = await import('../../report/svg.tsx')
    await writeFileOf(flags.svg, '--svg', answerSvg(result))
  }
  if (flags.png !== undefined) {
    const { answerPng } = await import('../../report/png.ts')
    await writeFileOf(flags.png, '--png', await answerPng(result))
  }
  if (flags.html !== undefined) await writeFileOf(flags.html, '--html', await html())
}
