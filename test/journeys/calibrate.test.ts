// `calibrate` against llama.cpp on this machine's CPU: fitted on one set of loads, another is foretold and then measured. Skipped aloud
// where Python or PyPI is missing. A quarter of a minute in `npm test`; the long form in `npm run torture`, which keeps its figures.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { keepTorture } from '../traffic/kept.ts'
import { type LlamaServer, startLlama } from '../traffic/llama-server.ts'

const launcher = resolve(import.meta.dirname, '../../crossline')
const isWhole = process.env.CROSSLINE_TORTURE !== undefined
const slots = 4

let folder: string
let server: LlamaServer | null = null
let missing = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-calibrate-'))
  spawnSync(launcher, ['--version'])
  try {
    server = await startLlama(slots, 2048)
  } catch (thrown) {
    missing = thrown instanceof Error ? thrown.message : String(thrown)
    process.stdout.write(`\nno real server to calibrate against: ${missing}\n`)
  }
}, 600_000)
afterAll(() => {
  server?.stop()
  rmSync(folder, { recursive: true, force: true })
})

interface FigureError {
  readonly median: number
  readonly p90: number
}

interface Calibrated {
  readonly server: {
    readonly maxSequences: number | null
    readonly stepSeconds: number
    readonly promptTokenSeconds: number
  }
  readonly points: readonly {
    readonly concurrency: number
    readonly inputTokens: number
    readonly outputTokens: number
    readonly outputTokensPerSecond: number
    readonly ttftMs: { readonly mean: number }
    readonly tpotMs: { readonly mean: number }
  }[]
  readonly error: {
    readonly after: Readonly<Record<string, FigureError>>
    readonly heldOut: Readonly<Record<string, FigureError>> | null
  }
}

interface Compared {
  readonly points: readonly { readonly measured: Figures; readonly predicted: Figures }[]
  readonly error: Readonly<Record<keyof Figures, FigureError>>
}

interface Figures {
  readonly ttftMs: number
  readonly tpotMs: number
  readonly outputTokensPerSecond: number
}

function calibrate<T>(...args: string[]): T {
  const all = ['calibrate', '--url', server!.url, '--model', server!.model, '--json', ...args]
  const { status, stdout, stderr } = spawnSync(launcher, all, { cwd: folder, encoding: 'utf8', timeout: 900_000 })
  expect([status, stderr]).toEqual([0, expect.any(String)])
  return JSON.parse(stdout) as T
}

const percent = ({ median, p90 }: FigureError): string => `${(100 * median).toFixed(0)}/${(100 * p90).toFixed(0)} %`
const words = (error: Readonly<Record<string, FigureError>>): string =>
  `tokens/s ${percent(error.outputTokensPerSecond!)}, TPOT ${percent(error.tpotMs!)}, TTFT ${percent(error.ttftMs!)}`

test(
  'a real server is calibrated on one set of loads, and others come near what was foretold of them',
  ({ skip }) => {
    if (server === null) skip(missing)
    const short = ['--concurrency', '1,2,6', '--lengths', '64/12,200/4', '--max-requests', '40', '--max-seconds', '40']
    const long = [
      '--concurrency',
      '1,2,4,8',
      '--lengths',
      '128/48,768/8',
      '--max-requests',
      '160',
      '--max-seconds',
      '240',
    ]
    const fitted = calibrate<Calibrated>(...(isWhole ? long : short), '--engine', 'llama.cpp')
    const [first] = fitted.points
    // The server counts tokens itself, and was made to answer to the last one.
    expect(first!.outputTokens).toBe(isWhole ? 48 : 12)
    expect(first!.inputTokens / (isWhole ? 128 : 64)).toBeGreaterThan(0.8)
    expect(first!.inputTokens / (isWhole ? 128 : 64)).toBeLessThan(1.25)
    for (const { ttftMs, tpotMs, outputTokensPerSecond } of fitted.points) {
      expect(Math.min(ttftMs.mean, tpotMs.mean, outputTokensPerSecond)).toBeGreaterThan(0)
    }

    const others = isWhole
      ? ['--concurrency', '3,6', '--lengths', '256/32,64/64', '--max-requests', '120', '--max-seconds', '240']
      : ['--concurrency', '3', '--lengths', '120/8', '--max-requests', '16', '--max-seconds', '30']
    const against = [...others, '--against', `crossline.calibration.${server!.model}.yaml`]
    const once = calibrate<Compared>(...against)
    const lines = [
      `${fitted.points.length} loads of SmolLM2-135M on llama.cpp, one thread, ${slots} slots; found: ${fitted.server.maxSequences ?? 'no limit of'} slots`,
      `fitted: ${words(fitted.error.after)}; each from the others: ${fitted.error.heldOut === null ? 'too few' : words(fitted.error.heldOut)}`,
      `${once.points.length} other loads foretold: ${words(once.error)}`,
    ]
    if (isWhole) {
      const again = calibrate<Compared>(...against)
      const apart = once.points.map(({ measured }, i) =>
        Math.abs(again.points[i]!.measured.outputTokensPerSecond / measured.outputTokensPerSecond - 1),
      )
      lines.push(`the same loads measured again: tokens/s ${(100 * Math.max(...apart)).toFixed(0)} % apart at most`)
    }
    keepTorture('Calibration of a real server on the CPU', lines)
    // On a machine with other work the truth itself moves by tens of percent; a model of another kind would be off by factors.
    for (const { measured, predicted } of once.points) {
      const ratio = predicted.outputTokensPerSecond / measured.outputTokensPerSecond
      expect(ratio, lines.join('\n')).toBeGreaterThan(0.25)
      expect(ratio, lines.join('\n')).toBeLessThan(4)
    }
  },
  isWhole ? 1_800_000 : 300_000,
)
