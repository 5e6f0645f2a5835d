// `calibrate`: load points of a real server, loaded now or told by a load generator's records → the serving model fitted to it.
import { Fault } from '../../core/fault/fault.ts'
import type { CommandModule } from '../command.ts'

interface Flags {
  readonly from?: readonly string[]
  readonly format?: string
}

export const calibrate: CommandModule = {
  name: 'calibrate',
  register(program, frame) {
    program
      .command('calibrate')
      .summary('fit the serving model to a real server')
      .description(
        'Reads load points of a real server: requests of a known length, so many at once or so many a second, and how fast they\n' +
          'were served. Records of vllm bench serve, GuideLLM, AIPerf and InferenceMAX are read, and scraped vLLM metrics.',
      )
      .option('--from <file...>', 'results of a load generator, or scraped vLLM metrics')
      .option('--format <name>', 'what the files are (default: detected)')
      .addHelpText(
        'after',
        `
Examples:
  crossline calibrate --from bench-*.json
  crossline calibrate --from scrapes.prom --json`,
      )
      .action(async ({ from = [], format }: Flags) => {
        if (from.length === 0) {
          throw new Fault('FLAG_MISSING', 'no load points', {
            where: 'crossline calibrate',
            fix: 'name results of a load generator with --from',
          })
        }
        const { readRecords } = await import('../calibrate-records.ts')
        const { points, reads } = readRecords(from, format, frame.globals().data)
        for (const { file, notes, rejected } of reads) {
          for (const note of notes) frame.output.note(`${file}: ${note}`)
          if (rejected !== null)
            frame.output.note(`${file}: ${rejected.count} rejected (${rejected.first}): ${rejected.path}`)
          if (rejected !== null) frame.output.status(2)
        }
        const { loadPointsText } = await import('../../report/load-points-text.ts')
        frame.output.result({ points, files: reads }, () => loadPointsText(points))
      })
  },
}
