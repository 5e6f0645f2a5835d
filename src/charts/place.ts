// Wished positions of labels in; positions that do not overlap and stay as near to the wishes as they can, out.

import { fitted } from './labels.ts'

/**
 * One-dimensional labels of given sizes, moved the least (in squares) so that none overlap and all lie within
 * [low, high]: isotonic regression by pooling adjacent violators (Ayer et al. 1955) on the centres less their stacked
 * sizes. When they cannot all fit they are packed from `low` on. Order of the result is that of the input.
 */
export function spread(
  labels: readonly { readonly at: number; readonly size: number }[],
  low: number,
  high: number,
): number[] {
  const order = labels.map((_, i) => i).sort((a, b) => labels[a]!.at - labels[b]!.at || a - b)
  const total = labels.reduce((sum, { size }) => sum + size, 0)
  const result = new Array<number>(labels.length).fill(0)
  const blocks: { sum: number; count: number }[] = []
  let stacked = 0
  const offsets: number[] = []
  for (const i of order) {
    const { at, size } = labels[i]!
    const offset = stacked + size / 2
    offsets.push(offset)
    stacked += size
    blocks.push({ sum: at - offset, count: 1 })
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1]!
      const before = blocks[blocks.length - 2]!
      if (before.sum / before.count <= last.sum / last.count) break
      blocks.splice(-2, 2, { sum: before.sum + last.sum, count: before.count + last.count })
    }
  }
  const floor = low
  const ceiling = Math.max(low, high - total)
  let position = 0
  for (const { sum, count } of blocks) {
    const shift = Math.min(ceiling, Math.max(floor, sum / count))
    for (let k = 0; k < count; k++, position++) result[order[position]!] = shift + offsets[position]!
  }
  return result
}

/**
 * Labels on a line given rows: each takes the first row in which it does not touch an earlier one; null when none of
 * `rows` has room. Earlier in the list is more important.
 */
export function rowsFor(
  labels: readonly { readonly from: number; readonly to: number }[],
  rows: number,
  gap: number,
): (number | null)[] {
  const taken: { from: number; to: number }[][] = Array.from({ length: rows }, () => [])
  return labels.map(label => {
    const row = taken.findIndex(row => row.every(other => label.to + gap <= other.from || label.from >= other.to + gap))
    if (row < 0) return null
    taken[row]!.push(label)
    return row
  })
}

/** Width of a text in Inter, estimated by classes of letters (within about 5 %); what pure code can know of a font. */
export function textWidth(text: string, size: number, weight = 400): number {
  let ems = 0
  for (const c of text) {
    if ("ijlI|.,:;'! ·".includes(c)) ems += 0.285
    else if ('frt()[]-/–'.includes(c)) ems += 0.39
    else if ('mwMW@%—'.includes(c)) ems += 0.88
    else if (c >= '0' && c <= '9') ems += 0.63
    else if (c >= 'A' && c <= 'Z') ems += 0.69
    else ems += 0.575
  }
  return ems * size * (weight >= 600 ? 1.05 : 1)
}

/** `text` cut with an ellipsis in the middle until it is no wider than `width` pixels. */
export function fittedTo(text: string, width: number, size: number, weight = 400): string {
  for (let characters = text.length; characters > 4; characters--) {
    const cut = fitted(text, characters)
    if (textWidth(cut, size, weight) <= width) return cut
  }
  return fitted(text, 4)
}

/** `text` in lines no wider than `width` pixels, at most `most` lines; the last ends in an ellipsis when cut. */
export function wrapped(text: string, width: number, size: number, weight = 400, most = 3): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    const longer = line ? `${line} ${word}` : word
    if (line && textWidth(longer, size, weight) > width) {
      lines.push(line)
      line = word
    } else line = longer
  }
  if (line) lines.push(line)
  if (lines.length <= most) return lines
  const kept = lines.slice(0, most)
  kept[most - 1] = `${kept[most - 1]!.replace(/[\s.,;:]+$/, '')} …`
  return kept
}
