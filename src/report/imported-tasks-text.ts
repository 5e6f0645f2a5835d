// An import of another tool's results in; what was read and how far its cost is known, as text for a terminal, out.
import { fitted, shareLabel, usdLabel } from '../charts/labels.ts'
import { many } from '../core/fault/many.ts'
import { padded, paragraph } from './ansi.ts'

export interface ImportedOption {
  readonly name: string
  readonly provider: string | null
  readonly model: string | null
  readonly tasks: number
  readonly attempts: number
  readonly passed: number
  readonly failed: number
  readonly ungraded: number
  /** Tries by how their cost is known. */
  readonly cost: { readonly catalog: number; readonly reported: number; readonly unknown: number }
  /** Exact dollars of the tries whose cost is known. */
  readonly usd: string
}

export interface ImportedAggregate {
  readonly option: string
  readonly date: string | null
  readonly tasks: number
  readonly passed: number
  readonly reportedUsd: string | null
  readonly usdPerSuccess: number | null
}

export interface ImportedTasks {
  readonly run: string
  readonly folder: string | null
  readonly suite: string
  readonly files: readonly { readonly name: string; readonly format: string; readonly title: string }[]
  readonly attempts: number
  readonly tasks: number
  readonly options: readonly ImportedOption[]
  readonly aggregates: readonly ImportedAggregate[]
  readonly coverage: { readonly catalog: number; readonly reported: number; readonly unknown: number }
  readonly unpriced: readonly { readonly reason: string; readonly attempts: number }[]
  readonly rejected: number
  readonly rejectFile: string | null
  readonly already: boolean
  readonly notes: readonly string[]
}

const widths = [6, 6, 6, 6, 10] as const

export function importedTasksText(result: ImportedTasks, columns: number): string {
  const titles = [...new Set(result.files.map(({ title }) => title))]
  const read = `${many(result.attempts, 'try', 'tries')} of ${many(result.tasks, 'task')} from ${many(result.files.length, 'file')} (${titles.join(', ')})`
  const lines = paragraph(result.already ? `${read}: kept already, nothing changed` : read, columns, '', '  ')
  const nameWidth = Math.max(12, Math.min(40, columns - widths.reduce((sum, width) => sum + width + 1, 0)))
  const cells = (name: string, rest: readonly string[]) =>
    `${padded(fitted(name, nameWidth), nameWidth)} ${rest.map((text, i) => padded(fitted(text, widths[i]!), widths[i]!, 'right')).join(' ')}`.trimEnd()
  if (result.options.some(({ attempts }) => attempts > 0)) {
    lines.push('', cells('option', ['tries', 'passed', 'failed', 'untold', 'cost']))
    for (const one of result.options) {
      const known = usdLabel(Number(one.usd))
      const cost = one.cost.unknown === one.attempts ? 'unknown' : one.cost.unknown > 0 ? `≥ ${known}` : known
      const counts = [one.attempts, one.passed, one.failed, one.ungraded].map(String)
      lines.push(cells(one.name, [...counts, cost]))
    }
  }
  if (result.aggregates.length > 0) {
    lines.push('', cells('whole runs', ['tasks', 'passed', '', '', '$/success']))
    for (const one of result.aggregates) {
      const each = one.usdPerSuccess === null ? 'unknown' : usdLabel(one.usdPerSuccess)
      lines.push(cells(one.option, [String(one.tasks), String(one.passed), '', '', each]))
    }
  }
  lines.push('', ...coverageLines(result, columns))
  for (const note of result.notes) lines.push(...paragraph(note, columns, '- ', '  '))
  if (result.rejected > 0) {
    lines.push(...paragraph(`${many(result.rejected, 'row')} rejected, see ${result.rejectFile}`, columns, '- ', '  '))
  }
  if (result.folder !== null) lines.push('', `kept in ${result.folder}`)
  return lines.join('\n')
}

function coverageLines({ coverage, attempts, unpriced }: ImportedTasks, columns: number): string[] {
  if (attempts === 0) return []
  const { catalog, reported, unknown } = coverage
  const share = (count: number) => `${many(count, 'try', 'tries')} (${shareLabel(count / attempts)})`
  const parts = [
    ...(catalog > 0 ? [`${share(catalog)} priced by Crossline's catalog at the time they were made`] : []),
    ...(reported > 0 ? [`${share(reported)} at what the tool says they cost`] : []),
    ...(unknown > 0 ? [`${share(unknown)} of unknown cost, which is not 0`] : []),
  ]
  const reasons = unpriced.slice(0, 5).map(({ reason, attempts: tries }) => `${reason}: ${many(tries, 'try', 'tries')}`)
  return [
    ...paragraph(`cost: ${parts.join('; ')}`, columns, '', '  '),
    ...reasons.flatMap(reason => paragraph(reason, columns, '  no catalog price, ', '    ')),
  ]
}
