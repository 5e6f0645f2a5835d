// `backtest`: hours of a real fleet from the ledger → the same hours on the simulated fleet, and how far apart the two are.
import { readFileSync } from 'node:fs'
import { backtestsFile, keepBacktest } from '../../catalog/own-backtests.ts'
import { Fault } from '../../core/fault/fault.ts'
import type { CommandModule } from '../command.ts'
import { given, listFlag, numberFlag } from '../flags.ts'
import { runOperation } from '../run-operation.ts'
import { checkFile } from '../unreadable.ts'

interface Flags {
  readonly from?: string
  readonly to?: string
  readonly zone?: string
  readonly model?: string
  readonly gpu?: string
  readonly tp?: number
  readonly weights?: string
  readonly kv?: string
  readonly replicas?: number
  readonly leases?: string
  readonly provider?: readonly string[]
}

export const backtestCommand: CommandModule = {
  name: 'backtest',
  register(program, frame) {
    const count = (flag: string) => numberFlag(flag, { min: 1, whole: true })
    program
      .command('backtest')
      .summary('hours of your own fleet, as they were and as the simulation has them')
      .description(
        "Replays the calls that own servers served on the simulated fleet, and sets each hour's GPU-hours, time busy and latency\n" +
          'beside what leases, scraped metrics and the calls themselves say. The error is kept, and told beside later forecasts of\n' +
          'that fleet.',
      )
      .option('--from <time>', 'first day or instant (default: the first call)')
      .option('--to <time>', 'up to, not including')
      .option('--zone <zone>', 'IANA zone of the times (default: UTC)')
      .option('--gpu <id>', 'GPU of the fleet, by its id in the catalog')
      .option('--model <id>', 'model, by its id in the catalog (default: the one that the calls name)')
      .option('--tp <n>', 'GPUs of one replica (default: the fewest that hold the model)', count('--tp'))
      .option('--weights <dtype>', "dtype of the weights (default: the model's own)")
      .option('--kv <dtype>', 'dtype of the KV cache (default: bf16)')
      .option('--replicas <n>', 'replicas all the time (default: as many engines as were scraped)', count('--replicas'))
      .option('--leases <file>', 'CSV of leased GPUs, as savings reads it: how many replicas there were each hour')
      .option('--provider <a,b>', 'providers that are own GPUs (default: vllm, self-host, …)', listFlag('--provider'))
      .addHelpText(
        'after',
        `
Examples:
  crossline backtest --gpu h100 --replicas 2
  crossline backtest --gpu h100 --leases leases.csv --from 2026-11-01 --to 2026-11-08 --json`,
      )
      .action(async ({ leases: path, zone = frame.settings().zone, provider, gpu, ...rest }: Flags) => {
        if (gpu === undefined) {
          throw new Fault('FLAG_MISSING', '--gpu is needed', {
            where: 'crossline backtest',
            fix: 'name a GPU of data/gpus.json, such as h100-sxm-80gb',
          })
        }
        const leases = path === undefined ? undefined : await leasesOf(path, zone)
        const { backtest: operation } = await import('../../server/operations.ts')
        const params = given({ ...rest, gpu, zone, leases, provider: provider && [...provider] })
        const result = await runOperation(frame, operation, { ...params, gpu })
        const { fleet, from, to, calls, error } = result
        const { model, gpu: id, gpusPerReplica, weights } = fleet
        keepBacktest(backtestsFile(frame.globals().config), {
          model,
          gpu: id,
          gpusPerReplica,
          weights,
          from,
          to,
          calls,
          error,
        })
        const { backtestText } = await import('../../report/backtest-text.ts')
        frame.output.result(result, () => backtestText(result))
      })
  },
}

async function leasesOf(path: string, zone = 'UTC') {
  checkFile(path)
  const [{ readLeases }, { gpuById }, { microsOf }] = await Promise.all([
    import('../../intake/leases.ts'),
    import('../../catalog/facts.ts'),
    import('../../server/instants.ts'),
  ])
  const lines = readLeases(path, readFileSync(path, 'utf8'), {
    gpuId: name => gpuById(name).id,
    micros: text => microsOf(text, zone, path),
  })
  const instant = (micros: number): string => new Date(micros / 1000).toISOString()
  return lines.map(({ gpu, count, fromMicros, toMicros }) => ({
    gpu,
    count,
    from: instant(fromMicros),
    to: toMicros === null ? null : instant(toMicros),
  }))
}
