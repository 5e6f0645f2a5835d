// `utilization`: metrics of own model servers → what they really served, how busy they were, and what a million tokens cost there.
import type { CommandModule } from '../command.ts'
import { given, numberFlag } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import { runOperation } from '../run-operation.ts'

interface Flags {
  readonly from?: string
  readonly to?: string
  readonly zone?: string
  readonly server?: string
  readonly gpus?: number
  readonly usdPerGpuHour?: number
}

export const utilization: CommandModule = {
  name: 'utilization',
  register(program, frame) {
    program
      .command('utilization')
      .summary('what own model servers really served, by their own metrics')
      .description(
        'Reads the metrics of vLLM and SGLang servers, imported or scraped by serve (utilization: in crossline.yaml names them): tokens ' +
          'served per hour and per GPU-hour, requests running and waiting, KV cache, prefix hits, latency, and what a million ' +
          'tokens cost: GPU $/hour × GPUs ÷ million tokens served per hour.',
      )
      .option('--from <time>', 'first day or instant')
      .option('--to <time>', 'up to, not including')
      .option('--zone <zone>', 'IANA zone of the times (default: UTC)')
      .option('--server <name>', 'only this server')
      .option(
        '--gpus <n>',
        'GPUs of each server (default: utilization: in crossline.yaml)',
        numberFlag('--gpus', { min: 1, whole: true }),
      )
      .option(
        '--usd-per-gpu-hour <usd>',
        'what an hour of one GPU costs',
        numberFlag('--usd-per-gpu-hour', { above: 0 }),
      )
      .addHelpText(
        'after',
        `
Scrapes are saved answers of /metrics, one or many in a file with a line that
says when each was made, or a range query of Prometheus as JSON:
  (date -u +'# %FT%TZ'; curl -s localhost:8000/metrics) >> scrapes.prom
  curl -sG prometheus:9090/api/v1/query_range -d step=15 -d start=… -d end=… \\
    --data-urlencode 'query={__name__=~"(vllm|sglang):.*|process_start_time_seconds"}'

Examples:
  crossline import scrapes.prom --server gpu-1
  crossline utilization --gpus 2 --usd-per-gpu-hour 2.5
  crossline utilization --server gpu-1 --from 2026-11-01 --json`,
      )
      .action(async ({ zone = frame.settings().zone, ...flags }: Flags) => {
        const stated = frame
          .settings()
          .utilization?.map(({ name, gpus, usdPerGpuHour }) => [name, given({ gpus, usdPerGpuHour })] as const)
        const servers = stated && Object.fromEntries(stated)
        const { utilization: operation } = await import('../../server/operations.ts')
        const result = await runOperation(frame, operation, given({ ...flags, zone, servers }))
        const { utilizationText } = await import('../../report/utilization-text.ts')
        frame.output.result(result, () =>
          utilizationText(result, { columns: terminalColumns(), color: frame.globals().color }),
        )
      })
  },
}
