// `npm run bench`: every figure that Crossline promises, measured side by side in one run, as a table.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crossoverFigures } from './crossover.ts'
import { importFigures } from './import.ts'
import type { Figure } from './measure.ts'
import { priceFigures } from './price.ts'
import { reportFigures } from './report.ts'
import { keepFigures, printFigures } from './results.ts'
import { simulatorFigures } from './simulator/speed.ts'

const suites: Readonly<Record<string, (folder: string) => Promise<Figure[]>>> = {
  price: priceFigures,
  import: importFigures,
  report: reportFigures,
  crossover: crossoverFigures,
  simulator: simulatorFigures,
}

const asked = process.argv.slice(2).filter(word => !word.startsWith('-'))
const names = asked.length > 0 ? asked : Object.keys(suites)
const figures: Figure[] = []
for (const name of names) {
  const suite = suites[name]
  if (!suite) throw new Error(`no bench "${name}"; use ${Object.keys(suites).join(', ')}`)
  process.stderr.write(`bench ${name} …\n`)
  const folder = mkdtempSync(join(tmpdir(), `crossline-bench-${name}-`))
  try {
    figures.push(...(await suite(folder)))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

printFigures(figures)
if (process.argv.includes('--write')) {
  keepFigures('Prices, imports, reports, answers, simulation', 'npm run bench -- --write', figures)
}
