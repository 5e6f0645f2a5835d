// `npm run bench`: every figure that Crossline promises, measured side by side in one run, as a table.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { crossoverFigures } from './crossover.ts'
import { importFigures } from './import.ts'
import type { Figure } from './measure.ts'
import { priceFigures } from './price.ts'
import { reportFigures } from './report.ts'
import { simulatorFigures } from './simulator.ts'

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

const rows = figures.map(figure => [
  figure.name,
  figure.measured,
  figure.against,
  `${Number(figure.value.toPrecision(3))} ${figure.unit}`,
  `≤ ${figure.target} ${figure.unit}`,
  figure.value <= figure.target ? 'met' : 'MISSED',
])
const table = [['what', 'measured', 'against', 'value', 'target', ''], ...rows]
const widths = table[0]!.map((_, column) => Math.max(...table.map(row => row[column]!.length)))
for (const row of table)
  process.stdout.write(
    `${row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd()}\n`,
  )

if (process.argv.includes('--write')) {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  const head = `| ${table[0]!.join(' | ')} |\n| ${table[0]!.map(() => '---').join(' | ')} |\n`
  const body = rows.map(row => `| ${row.join(' | ')} |\n`).join('')
  const text = `# Bench results\n\n\`npm run bench -- --write\` on ${date}; ${machine}; medians of interleaved runs on a shared machine.\n\n${head}${body}`
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), text)
}
