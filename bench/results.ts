// Figures in; a table on the terminal, and a section of RESULTS.md that leaves the others as they are, out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import type { Figure } from './measure.ts'

const file = join(import.meta.dirname, 'RESULTS.md')
const heads = ['what', 'measured', 'against', 'value', 'target', '']

/** Prints the figures as a table, met or missed. */
export function printFigures(figures: readonly Figure[]): void {
  const table = [heads, ...figures.map(rowOf)]
  const widths = heads.map((_, column) => Math.max(...table.map(row => row[column]!.length)))
  for (const row of table) {
    const line = row.map((cell, i) => cell.padEnd(widths[i]!)).join('  ')
    process.stdout.write(`${line.trimEnd()}\n`)
  }
}

/** Keeps the figures as the section `title` of RESULTS.md; `remarks` stand below its table. */
export function keepFigures(
  title: string,
  command: string,
  figures: readonly Figure[],
  remarks: readonly string[] = [],
): void {
  const rows = [heads, heads.map(() => '---'), ...figures.map(rowOf)].map(row => `| ${row.join(' | ')} |\n`).join('')
  const said = remarks.length > 0 ? `\n${remarks.map(remark => `- ${remark}\n`).join('')}` : ''
  keepSection(title, command, `Medians of interleaved runs on a shared machine.\n\n${rows}${said}`)
}

/** Keeps a text as the section `title` of RESULTS.md, with the command that gave it, the date and the machine. */
export function keepSection(title: string, command: string, text: string): void {
  const date = new Date().toISOString().slice(0, 10)
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}`
  const section = `## ${title}\n\n\`${command}\` on ${date}; ${machine}.\n\n${text}`
  const sections = existsSync(file) ? readFileSync(file, 'utf8').split(/^(?=## )/m) : ['# Bench results\n\n']
  const at = sections.findIndex(known => known.startsWith(`## ${title}\n`))
  if (at < 0) sections.push(section)
  else sections[at] = section
  writeFileSync(file, `${sections.map(known => known.trimEnd()).join('\n\n')}\n`)
}

function rowOf({ name, measured, against, value, unit, target, isAtLeast }: Figure): string[] {
  const shown = `${Number(value.toPrecision(3))} ${unit}`
  if (target === null) return [name, measured, against, shown, '-', '']
  const isMet = isAtLeast ? value >= target : value <= target
  return [name, measured, against, shown, `${isAtLeast ? '≥' : '≤'} ${target} ${unit}`, isMet ? 'met' : 'MISSED']
}
