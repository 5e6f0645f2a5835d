// A million calls from CSV into the ledger, against DuckDB's own COPY of the same file into a bare table.
import { createWriteStream, rmSync } from 'node:fs'
import { join } from 'node:path'
import { stream } from '../src/core/statistics/random.ts'
import { crossline } from './crossline.ts'
import { type Figure, run, sideBySide } from './measure.ts'

const count = 1_000_000

export async function importFigures(folder: string): Promise<Figure[]> {
  const unpriced = join(folder, 'unpriced.csv')
  const priced = join(folder, 'priced.csv')
  await writeCalls(unpriced, () => 'a-model-nobody-sells')
  await writeCalls(priced, i => (i % 3 === 0 ? 'gpt-5' : i % 3 === 1 ? 'gpt-5-nano' : 'gpt-5-mini'))
  let round = 0
  const into = (file: string) => async () => {
    const data = join(folder, `data-${round++}`)
    const figures = await crossline(['import', file, '--data', data, '--json'])
    rmSync(data, { recursive: true, force: true })
    return figures
  }
  const copy = () => {
    const database = join(folder, `copy-${round++}.duckdb`)
    return run(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'copy.ts'), priced, database])
  }
  const [bare, without, exact] = await sideBySide([copy, into(unpriced), into(priced)])
  const seconds = (value: number) => `${value.toFixed(2)} s`
  return [
    {
      name: 'import 1,000,000 calls, no prices',
      measured: seconds(without!.seconds),
      against: `COPY ${seconds(bare!.seconds)}`,
      value: without!.seconds / bare!.seconds,
      unit: '×',
      target: 4,
    },
    {
      name: 'import 1,000,000 calls, exact prices',
      measured: seconds(exact!.seconds),
      against: `COPY ${seconds(bare!.seconds)}`,
      value: exact!.seconds / bare!.seconds,
      unit: '×',
      target: 10,
    },
    {
      name: 'import, peak memory',
      measured: `${Math.max(without!.peakMiB, exact!.peakMiB).toFixed(0)} MiB`,
      against: '-',
      value: Math.max(without!.peakMiB, exact!.peakMiB) / 1024,
      unit: 'GiB',
      target: 1,
    },
  ]
}

/** A log of calls as a team would export it: time, provider, model, tokens with cache, feature, user. */
export function writeCalls(path: string, modelOf: (i: number) => string): Promise<void> {
  const random = stream(1, 'bench-calls')
  return new Promise((resolve, reject) => {
    const out = createWriteStream(path)
    out.on('error', reject)
    out.on('finish', () => resolve())
    out.write('timestamp,provider,model,prompt_tokens,cached_tokens,completion_tokens,feature,user,environment\n')
    let i = 0
    let atMs = Date.UTC(2026, 9, 1)
    const more = () => {
      while (i < count) {
        atMs += random.exponential(1200)
        const prompt = 50 + Math.floor(random.exponential(1800))
        const cached = i % 4 === 0 ? Math.floor(prompt / 2) : 0
        const answer = 1 + Math.floor(random.exponential(250))
        const row = `${new Date(atMs).toISOString()},openai,${modelOf(i)},${prompt},${cached},${answer},feature-${i % 12},u${i % 997},production\n`
        i += 1
        if (!out.write(row)) return out.once('drain', more)
      }
      return out.end()
    }
    more()
  })
}
