// A slice of the ledger and a dimension in; what of it nobody attributed, and how to have the next such calls attributed, out.
import type { Unattributed } from '../core/decide/by-dimension.ts'
import { type AttributionKind, attributionKinds } from '../core/meter/call.ts'
import { gatewaySource } from '../core/meter/call-record.ts'
import { parseUsd } from '../core/meter/money.ts'
import type { LedgerReads, ReportRow, Slice } from '../ledger/ledger.ts'

/** A system prompt says which feature calls; a model is used by many, so it has to stand out far more. */
const tellingShare = 0.2

/** What a dimension leaves without a name; null where it is none that attributes, or where it leaves nothing. */
export async function unattributed(
  ledger: Pick<LedgerReads, 'report'>,
  slice: Slice,
  dimension: string,
): Promise<Unattributed | null> {
  const tag = dimension.startsWith('tag:') ? dimension.slice(4) : null
  const kind = attributionKinds.find(one => one === dimension) ?? null
  if (tag === null && kind === null) return null
  const own = { ...slice, where: { ...slice.where, [dimension]: null } }
  const { rows, total } = await ledger.report(own, ['source', 'systemPrompt', 'model'], 'UTC')
  if (total.calls === 0) return null
  const all = (await ledger.report(slice, [], 'UTC')).total
  const metered = rows.filter(({ key }) => key.source === gatewaySource)
  const imported = rows.filter(({ key }) => key.source !== gatewaySource)
  const carrier = kind === null ? null : mostTelling(metered)
  const header = tag === null ? `x-crossline-${kind}: NAME` : `x-crossline-tags: ${tag}=NAME`
  return {
    dimension,
    calls: total.calls,
    usd: total.usd,
    // Where they cost nothing that is known, 0 % of the spend would say that there are none.
    share: parseUsd(total.usd) > 0n ? shareOf([total], all) : total.calls / all.calls,
    hints: [
      ...(metered.length > 0
        ? [`let the client say it from now on with a header, ${header}, or in the body's metadata`]
        : []),
      ...(carrier === null
        ? []
        : [`or let a rule in crossline.yaml say it: ${carrier.words} carries ${percent(carrier.share)} of it`]),
      ...(imported.length > 0 ? [importHint(dimension, kind, imported, metered.length > 0)] : []),
    ],
    rule: carrier === null ? null : ruleText(carrier.when, kind!),
  }
}

interface Carrier {
  readonly when: string
  readonly words: string
  readonly share: number
}

/** The system prompt that carries most, where it carries enough; else the model. */
function mostTelling(rows: readonly ReportRow[]): Carrier | null {
  const prompt = costliest(rows, 'systemPrompt')
  if (prompt !== null && prompt.share >= tellingShare) {
    return { ...prompt, when: `systemPrompt: '${prompt.value}'`, words: `the system prompt ${prompt.value}` }
  }
  const model = costliest(rows, 'model')
  return model && { ...model, when: `model: '${model.value.replaceAll("'", "''")}'`, words: `the model ${model.value}` }
}

function costliest(
  rows: readonly ReportRow[],
  by: 'systemPrompt' | 'model',
): { readonly value: string; readonly share: number } | null {
  const values = [...new Set(rows.flatMap(({ key }) => key[by] ?? []))].sort()
  const shares = values.map(value => ({
    value,
    share: shareOf(
      rows.filter(({ key }) => key[by] === value),
      ...rows,
    ),
  }))
  return shares.sort((a, b) => b.share - a.share)[0] ?? null
}

function importHint(
  dimension: string,
  kind: AttributionKind | null,
  rows: readonly ReportRow[],
  isPart: boolean,
): string {
  const calls = rows.reduce((sum, row) => sum + row.calls, 0)
  const what = isPart ? `the file of ${calls} of these calls` : 'the file'
  const how = kind === 'workload' ? '--workload NAME' : `${kind ?? dimension.slice(4)} in a column or tag of its own`
  return `import ${what} again with ${how}, after crossline import undo SOURCE`
}

const ruleText = (when: string, kind: AttributionKind): string =>
  ['gateway:', '  rules:', `    - when: { ${when} }`, `      set: { ${kind}: NAME }`].join('\n')

/** By what they cost; by their number where nothing has a price. */
function shareOf(part: readonly ReportRow[], ...whole: readonly ReportRow[]): number {
  const usd = (rows: readonly ReportRow[]) => rows.reduce((sum, row) => sum + parseUsd(row.usd), 0n)
  const calls = (rows: readonly ReportRow[]) => rows.reduce((sum, row) => sum + row.calls, 0)
  const all = usd(whole)
  return all > 0n ? Number(usd(part)) / Number(all) : calls(part) / calls(whole)
}

const percent = (share: number): string => `${Math.round(share * 100)} %`
