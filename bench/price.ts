// `price --batch` over a million usages: microseconds each, the whole command included.
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { crossline } from './crossline.ts'
import { type Figure, sideBySide } from './measure.ts'

const models = [
  ['openai', 'gpt-5'],
  ['anthropic', 'claude-sonnet-4-5'],
  ['google', 'gemini-2.5-pro'],
  ['openai', 'gpt-5-nano'],
  ['deepseek', 'deepseek-v4-pro'],
] as const

export async function priceFigures(folder: string): Promise<Figure[]> {
  const count = 1_000_000
  const file = join(folder, 'usages.jsonl')
  await writeUsages(file, count)
  const [many] = await sideBySide([() => crossline(['price', '--batch', file, '--data', folder])])
  return [
    {
      name: 'price --batch, 1,000,000 usages',
      measured: `${many!.seconds.toFixed(2)} s, ${many!.peakMiB.toFixed(0)} MiB`,
      against: '-',
      value: (many!.seconds / count) * 1e6,
      unit: 'µs each',
      target: 10,
    },
  ]
}

function writeUsages(path: string, count: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const out = createWriteStream(path)
    out.on('error', reject)
    out.on('finish', () => resolve())
    let i = 0
    const more = () => {
      while (i < count) {
        const [provider, model] = models[i % models.length]!
        const usage = { input: (i * 7919) % 20_000, cacheRead: (i * 104_729) % 50_000, output: (i * 31) % 2_000 }
        const at = new Date(Date.UTC(2026, 9, 1) + (i % 2_600_000) * 1000).toISOString()
        i += 1
        if (!out.write(`${JSON.stringify({ id: String(i), provider, model, usage, at })}\n`))
          return out.once('drain', more)
      }
      return out.end()
    }
    more()
  })
}
