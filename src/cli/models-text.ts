// Models of the catalog → text for a terminal of 80 columns.
import type { Model } from '../core/serving/hardware/model.ts'

/** One line a model: parameters, dtype, context, KV bytes of a token. */
export function modelsText(models: readonly (Model & { readonly own: boolean })[]): string {
  const head = ['model', 'params', 'active', 'dtype', 'context', 'KV/token']
  const rows = models.map(model => [
    `${model.id}${model.own ? ' *' : ''}`,
    billions(model.totalParams),
    billions(model.activeParamsComputed),
    model.nativeDtype,
    model.maxContext.toLocaleString('en-US'),
    `${(model.kvBytesPerTokenBf16 / 1024).toFixed(0)} KiB`,
  ])
  const widths = head.map((name, i) => Math.max(name.length, ...rows.map(row => row[i]!.length)))
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (i === 0 || i === 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd()
  const own = models.filter(model => model.own).length
  const notes = ['KV/token at bf16, over all layers', ...(own > 0 ? [`* your own (${own})`] : [])]
  return `${[line(head), ...rows.map(line), '', ...notes].join('\n')}\n`
}

/** What was counted, to be held against the published figure. */
export function addedText(model: Model, file: string, replaced: boolean): string {
  const { attention, moe } = model
  const layers = [
    `${attention.fullLayers} full`,
    ...(attention.windowLayers > 0 ? [`${attention.windowLayers} of window ${attention.window}`] : []),
    ...(attention.linearLayers > 0 ? [`${attention.linearLayers} linear`] : []),
  ].join(', ')
  const experts = moe ? `; ${moe.activeExperts} of ${moe.experts} experts on ${moe.moeLayers} layers` : ''
  return `${[
    `${model.id}: ${replaced ? 'replaced' : 'added'}`,
    `  ${billions(model.totalParams)} parameters, ${billions(model.activeParamsComputed)} active, ${model.nativeDtype}: check with the published figure`,
    `  ${attention.type} attention, layers: ${layers}${experts}`,
    `  ${(model.kvBytesPerTokenBf16 / 1024).toFixed(0)} KiB of KV cache a token at bf16, context ${model.maxContext.toLocaleString('en-US')}`,
    `  kept in ${file}`,
    `try it: crossline crossover --as-model ${model.id}`,
  ].join('\n')}\n`
}

const billions = (count: number): string => `${(count / 1e9).toPrecision(count < 1e9 ? 3 : 4)}B`
