// `npm run bench:simulator`: simulated requests per second on one core, how time and memory grow, and Vidur beside it.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Figure } from '../measure.ts'
import { keepFigures, printFigures } from '../results.ts'
import { scalingFigures } from './scaling.ts'
import { simulatorFigures } from './speed.ts'
import { vidurFigures } from './vidur.ts'

const words = process.argv.slice(2)
/** One round, to see whether everything runs. */
const rounds = words.includes('--quick') ? 1 : 3
const folder = mkdtempSync(join(tmpdir(), 'crossline-bench-simulator-'))
const parts: Readonly<Record<string, () => Promise<Figure[]>>> = {
  speed: simulatorFigures,
  scaling: () => scalingFigures(rounds),
  vidur: () => vidurFigures(folder, rounds),
}

const asked = words.filter(word => !word.startsWith('-'))
const figures: Figure[] = []
const remarks = [
  'Seconds of a core, in all threads; medians of three runs in one process, of which the first also compiles. The ten million come in pieces and nothing of them is kept but their sums; beyond a million their percentiles are within 0.5 %.',
  "Vidur's own step times come from profiles that it downloads when it runs: both are told the same linear ones here, which costs Vidur less than its look-ups; its metrics are off. Its time is that of its event loop alone.",
]
try {
  for (const name of asked.length > 0 ? asked : Object.keys(parts)) {
    const part = parts[name]
    if (!part) throw new Error(`no bench "${name}"; use ${Object.keys(parts).join(', ')}`)
    process.stderr.write(`bench ${name} …\n`)
    try {
      figures.push(...(await part()))
    } catch (thrown) {
      const remark = `SKIPPED ${name}: ${thrown instanceof Error ? thrown.message.trim().split('\n').at(-1) : String(thrown)}`
      remarks.push(remark)
      process.stderr.write(`${remark}\n`)
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true })
}

printFigures(figures)
for (const remark of remarks) process.stdout.write(`${remark}\n`)
if (words.includes('--write')) {
  keepFigures('The simulator', ['npm run bench:simulator --', ...words].join(' '), figures, remarks)
}
