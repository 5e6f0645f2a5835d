// `crossover --inputs FILE`: stated terms in; the closed form's result and its text out.

import { type ClosedFormResult, closedForm } from '../core/decide/closed-form.ts'
import { parseClosedFormInputs } from '../core/decide/closed-form-inputs.ts'
import { Fault } from '../core/fault/fault.ts'
import { many } from '../core/fault/many.ts'
import { readYaml } from './yaml-file.ts'

/** @throws Fault with file:line */
export function closedFormOfFile(path: string): ClosedFormResult {
  const file = readYaml(path)
  try {
    return closedForm(parseClosedFormInputs(file.value, path))
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !thrown.where?.startsWith(`${path}: `)) throw thrown
    // Core knows the field's way through the document, the file knows its line.
    const field = thrown.where.slice(path.length + 2)
    const way = field === '(root)' ? [] : field.split(/[.[\]]+/).filter(step => step !== '')
    const detail = { where: file.placeOf(way.map(step => (/^\d+$/.test(step) ? Number(step) : step))) }
    throw new Fault(thrown.code, thrown.message, { ...detail, fix: thrown.fix ?? undefined, kind: thrown.kind })
  }
}

export function closedFormText(result: ClosedFormResult): string {
  const lines: string[] = []
  const usd = (value: number | null) => (value === null ? 'unknown' : `$${figure(value)}`)
  const rows: string[][] = [['option', 'USD/month', 'USD/Mtok', 'replicas', 'used']]
  for (const [name, api] of Object.entries(result.api)) {
    rows.push([name, usd(api.usdPerMonth), usd(api.blendedUsdPerMtok), '', ''])
  }
  for (const [name, fleet] of Object.entries(result.selfHost)) {
    const used = fleet.utilization === null ? '' : `${figure(fleet.utilization * 100)} %`
    rows.push([name, usd(fleet.usdPerMonth), usd(fleet.usdPerMtok), String(fleet.replicas), used])
  }
  if (rows.length > 1) lines.push(...aligned(rows), '')
  for (const crossing of result.crossings) {
    const requests = crossing.requestsPerMonth === undefined ? '' : ` (${figure(crossing.requestsPerMonth)} requests)`
    const unsure = crossing.capacityUnknown ? '; whether that many can serve it is not known' : ''
    lines.push(
      `${crossing.selfHost} is cheaper than ${crossing.api} from ${figure(crossing.mtokPerMonth)} Mtok a month${requests}, ` +
        `with ${many(crossing.replicas, 'replica')}${unsure}.`,
    )
  }
  for (const pair of result.forGoodFrom) {
    lines.push(`${pair.selfHost} against ${pair.api}: for good from ${figure(pair.mtokPerMonth)} Mtok a month.`)
  }
  for (const pair of result.never) lines.push(`${pair.selfHost} against ${pair.api}: never. ${pair.reason}`)
  for (const [name, value] of Object.entries(result.own ?? {})) {
    lines.push(`own ${name}: ${typeof value === 'number' ? figure(value) : (value ?? 'unknown')}`)
  }
  return lines.join('\n')
}

/** Six significant digits with thousands apart: enough to compare, few enough to read. */
function figure(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 6 })
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map(row =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd(),
  )
}
