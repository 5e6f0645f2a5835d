// Flags of `calibrate --url` → the sweep: what it would send is told first, each load as it is measured.
import { randomUUID } from 'node:crypto'
import type { SweepEstimate } from '../calibrate/loads.ts'
import type { Swept } from '../calibrate/sweep.ts'
import { Fault } from '../core/fault/fault.ts'
import { typical } from '../core/serving/calibration/load-point.ts'
import type { CommandFrame } from './command.ts'

export interface SweepFlags {
  readonly url?: string
  readonly model?: string
  readonly concurrency?: readonly string[]
  readonly lengths?: readonly Lengths[]
  readonly maxRequests?: number
  readonly maxSeconds?: number
  readonly usdPerHour?: number
  readonly apiKeyEnv?: string
  readonly allowRemote?: boolean
  readonly dryRun?: boolean
}

export interface Lengths {
  readonly inputTokens: number
  readonly outputTokens: number
}

/** `512/128,2048/16` */
export function lengthsFlag(text: string): readonly Lengths[] {
  return text.split(',').map(part => {
    const [, input, output] = /^\s*(\d+)\/(\d+)\s*$/.exec(part) ?? []
    const lengths = { inputTokens: Number(input), outputTokens: Number(output) }
    if (lengths.inputTokens >= 8 && lengths.outputTokens >= 2) return lengths
    throw new Fault('BAD_LENGTHS', `"${part.trim()}" is no length of prompt and answer`, {
      where: '--lengths',
      fix: 'write tokens as 512/128, a prompt of at least 8 and an answer of at least 2',
    })
  })
}

/** @throws Fault FLAG_MISSING, URL_INVALID, NOT_LOOPBACK, KEY_MISSING and those of the sweep */
export async function sweepServer(
  { url, ...flags }: SweepFlags & { readonly url: string },
  frame: CommandFrame,
): Promise<Pick<Swept, 'points' | 'estimate'> & { readonly measured: readonly string[]; readonly model: string }> {
  const [{ sweep }, { isLoopback }] = await Promise.all([
    import('../calibrate/sweep.ts'),
    import('../calibrate/loads.ts'),
  ])
  const { model } = flags
  if (model === undefined) {
    throw new Fault('FLAG_MISSING', '--model is needed', {
      where: 'crossline calibrate',
      fix: 'name the model as the server calls it (GET /v1/models lists them)',
    })
  }
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw new Fault('URL_INVALID', `"${url}" is no address`, { where: '--url', fix: 'write http://127.0.0.1:8000/v1' })
  }
  if (!isLoopback(url) && flags.allowRemote !== true) {
    throw new Fault('NOT_LOOPBACK', `${new URL(url).host} is not this machine: a sweep would load somebody's server`, {
      where: '--url',
      fix: 'add --allow-remote if it is yours to load',
    })
  }
  const { output } = frame
  const swept = await sweep(
    { url, model, apiKey: keyOf(flags.apiKeyEnv) },
    {
      concurrency: ladder(flags.concurrency),
      lengths: flags.lengths ?? [
        { inputTokens: 512, outputTokens: 128 },
        { inputTokens: 2048, outputTokens: 16 },
      ],
      maxRequests: flags.maxRequests ?? 300,
      maxSeconds: flags.maxSeconds ?? 300,
    },
    {
      seed: frame.globals().seed,
      salt: randomUUID(),
      usdPerHour: flags.usdPerHour ?? null,
      estimated: estimate => {
        output.note(estimateWords(estimate))
        return flags.dryRun !== true
      },
      progress: text => output.progress(text),
      measured: ({ concurrency, inputTokens, outputTokens, outputTokensPerSecond, ttftMs, tpotMs }) =>
        output.note(
          `${concurrency} at once, ${Math.round(inputTokens)}/${Math.round(outputTokens)}: ${short(outputTokensPerSecond)} tokens/s, ` +
            `TTFT ${short(typical(ttftMs))} ms, TPOT ${short(typical(tpotMs))} ms`,
        ),
    },
  )
  output.progress(null)
  for (const note of swept.notes) output.note(note)
  return { points: swept.points, estimate: swept.estimate, measured: [url], model }
}

function estimateWords({ loads, requests, inputTokens, outputTokens, seconds, usd }: SweepEstimate): string {
  const time = seconds === null ? '' : `; ${short(seconds.low)} to ${short(seconds.high)} s`
  const money = usd === null ? '' : `; $${usd.low.toFixed(2)} to $${usd.high.toFixed(2)}`
  return `${loads} loads of ${requests} requests: ${inputTokens} tokens of prompts, ${outputTokens} of answers${time}${money}`
}

const short = (value: number | null): string => (value === null ? '—' : String(Number(value.toPrecision(3))))

function ladder(asked: readonly string[] = ['1', '2', '4', '8', '16']): readonly number[] {
  const steps = asked.map(Number)
  if (steps.every(step => Number.isSafeInteger(step) && step >= 1 && step <= 1024))
    return [...new Set(steps)].sort((a, b) => a - b)
  throw new Fault('BAD_NUMBER', `"${asked.join(',')}" are no numbers of requests at once`, {
    where: '--concurrency',
    fix: 'write whole numbers from 1 to 1024, such as 1,4,16',
  })
}

function keyOf(name: string | undefined): string | null {
  if (name === undefined) return null
  const key = process.env[name]
  if (key !== undefined && key !== '') return key
  throw new Fault('KEY_MISSING', `${name} is not set`, {
    where: '--api-key-env',
    fix: 'export the key under that name',
  })
}
