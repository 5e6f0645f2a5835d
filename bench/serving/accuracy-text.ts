// Residuals on measured rows → Markdown: errors by load, GPU, engine and family, bands, the worst configurations and why.

import { type BandedFigure, bandName } from '../../src/core/serving/step/band.ts'
import { engineKey } from '../../src/core/serving/step/efficiency.ts'
import { groupedBy } from '../../src/core/statistics/grouped.ts'
import { bandTable, likenesses } from './bands.ts'
import type { FoldKind } from './folds.ts'
import type { Residuals } from './linearise.ts'
import type { MeasuredRow } from './rows.ts'
import { kinds } from './solve.ts'
import { whyOf } from './worst.ts'

/** One row judged by a fit that had not seen it (or, `fit`, by the shipped one). */
export interface Judged {
  readonly kind: FoldKind | 'fit'
  readonly fold: string
  readonly row: MeasuredRow
  readonly of: Residuals
}

interface Accuracy {
  readonly rows: readonly MeasuredRow[]
  readonly leftOut: ReadonlyMap<string, number>
  readonly inSample: readonly Judged[]
  readonly heldOut: readonly Judged[]
}

const isMoe = ({ row }: Judged): boolean => row.condition.shape.model.moe !== undefined
const percent = (share: number): string => (100 * share).toFixed(share < 0.0995 ? 1 : 0)

export function quantileOf(values: readonly number[], q: number): number {
  const ascending = [...values].sort((a, b) => a - b)
  return ascending[Math.min(ascending.length - 1, Math.floor(q * ascending.length))] ?? Number.NaN
}

/** |predicted ÷ measured − 1| of one figure. */
const errorsOf = (judged: readonly Judged[], figure: BandedFigure): readonly number[] =>
  judged.flatMap(({ of }) => (of[figure] === null ? [] : [Math.abs(Math.exp(of[figure]) - 1)]))

const cell = (judged: readonly Judged[], figure: BandedFigure): string => {
  const errors = errorsOf(judged, figure)
  return errors.length === 0 ? '–' : `${percent(quantileOf(errors, 0.5))} / ${percent(quantileOf(errors, 0.9))}`
}

const lineOf = (name: string, judged: readonly Judged[]): string =>
  `| ${name} | ${judged.length} | ${kinds.map(figure => cell(judged, figure)).join(' | ')} |`

const head = (name: string): string =>
  `| ${name} | rows | throughput | TPOT | TTFT |\n| --- | ---: | ---: | ---: | ---: |`

function tableBy(name: string, judged: readonly Judged[], keyOf: (one: Judged) => string): string {
  const groups = groupedBy(judged, keyOf)
  const lines = [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, rows]) => lineOf(key, rows))
  return `${head(name)}\n${lines.join('\n')}\n`
}

/** Each configuration by the median of its residuals: a configuration of a hundred rows counts as one. */
function byConfiguration(judged: readonly Judged[]): readonly Judged[] {
  return [...groupedBy(judged, ({ row }) => row.configuration).values()].map(rows => {
    const middle = (figure: BandedFigure): number | null => {
      const values = rows.flatMap(({ of }) => (of[figure] === null ? [] : [of[figure]]))
      return values.length === 0 ? null : quantileOf(values, 0.5)
    }
    return { ...rows[0]!, of: { throughput: middle('throughput'), tpot: middle('tpot'), ttft: middle('ttft') } }
  })
}

export function accuracyText({ rows, leftOut, inSample, heldOut }: Accuracy): string {
  const configurations = heldOut.filter(({ kind }) => kind === 'configuration')
  const gpu = heldOut.filter(({ kind }) => kind === 'gpu')
  const family = heldOut.filter(({ kind }) => kind === 'family')
  const count = new Set(rows.map(row => row.configuration)).size
  const out = [...leftOut].map(([reason, n]) => `${n} ${reason}`).join(', ')
  return `# How far the serving model is off

Predicted against measured, on ${rows.length} published rows of ${count} configurations (data/serving/README.md names sources and licences).
Made by \`npm run validate -- --write\`; \`npm run fit\` makes what it judges. Cells are median / 90th percentile of |predicted ÷ measured − 1| in percent.
Left out: ${out}.

## Rows that the fit had not seen

Whole configurations (engine, GPU, parallelism, model, dtype) are held out in five parts; then each GPU in turn, then each family of models. Targets are of the project's issue.

${head('held out')}
${lineOf('configurations', configurations)}
${lineOf(
  'configurations, dense',
  configurations.filter(one => !isMoe(one)),
)}
${lineOf('configurations, experts', configurations.filter(isMoe))}
${lineOf('configurations, each counted once', byConfiguration(configurations))}
${lineOf('GPU', gpu)}
${lineOf('family', family)}
${lineOf('nothing: the shipped constants on their own rows', inSample)}

| target | throughput and TPOT | TTFT |
| --- | --- | --- |
| new configurations of known GPUs and families | 7 / 20 (dense 5 / 14, experts 9 / 25) | 20 / 60 |
| unseen GPU | 9 / 22 | |
| unseen family | 8 / 22 | |

Noise floor: the same configuration published twice differs by 0.8 % in the median and 25 % at p90; versions of one engine by 6.5 / 18 %, engines by 12 / 29 %.
A row seldom tells its engine's flags: batch limits, cache dtype, speculation, how often the queue is looked at. What the shipped constants miss on their own rows is mostly that.

## Configurations held out: by load, engine, GPU, family

${tableBy('load', configurations, ({ row }) => row.mode)}
${tableBy('engine', configurations, ({ row }) => engineKey(row.condition.shape))}
${tableBy('GPU', configurations, ({ row }) => row.condition.shape.gpu.id)}
${tableBy('family', configurations, ({ row }) => row.condition.shape.model.family)}
## One GPU left out

${tableBy('GPU', gpu, ({ fold }) => fold)}
## One family left out

${tableBy('family', family, ({ fold }) => fold)}
${bandText(heldOut)}
${worstText(configurations)}`
}

/** Bands made from one half of the held-out rows (by configuration), judged on the other, both ways. */
function bandText(heldOut: readonly Judged[]): string {
  const judged = heldOut.flatMap(one => (one.kind === 'fit' ? [] : [{ ...one, kind: one.kind }]))
  const places = new Map([...new Set(judged.map(({ row }) => row.configuration))].sort().map((name, i) => [name, i]))
  const half = (k: number) => judged.filter(({ row }) => places.get(row.configuration)! % 2 === k)
  const checks = [0, 1].flatMap(k => {
    const bands = bandTable(half(k))
    return half(1 - k).flatMap(({ kind, row, of }) => {
      const experts = row.condition.shape.model.moe !== undefined
      const name = bandName('throughput', likenesses[kind], experts, row.mode === 'offline')
      const band = bands[name]
      if (band === undefined || of.throughput === null) return []
      const low = Math.exp(band[0])
      const high = Math.exp(band[1])
      return [{ kind, held: -of.throughput >= band[0] && -of.throughput <= band[1], width: (high - low) / 2 }]
    })
  })
  const line = (kind: FoldKind) => {
    const own = checks.filter(check => check.kind === kind)
    const share = own.filter(({ held }) => held).length / own.length
    return `| ${likenesses[kind]} | ${own.length} | ${percent(share)} | ±${percent(
      quantileOf(
        own.map(({ width }) => width),
        0.5,
      ),
    )} |`
  }
  return `## Bands of throughput

A band is the middle 90 % of the errors on held-out rows alike: as near to a measurement, dense or with experts, served or offline.
To judge it, bands made from one half of the configurations are held against the other half, and the other way round.

| likeness | rows | held, % | median half width, % |
| --- | ---: | ---: | ---: |
${(['configuration', 'gpu', 'family'] as const).map(line).join('\n')}
`
}

function worstText(judged: readonly Judged[]): string {
  const groups = [...groupedBy(judged, ({ row }) => row.configuration)]
    .filter(([, rows]) => rows.length >= 4)
    .map(([name, rows]) => {
      const values = rows.flatMap(({ of }) => (of.throughput === null ? [] : [of.throughput]))
      return { name, n: rows.length, middle: quantileOf(values, 0.5), row: rows[0]!.row }
    })
    .sort((a, b) => Math.abs(b.middle) - Math.abs(a.middle))
    .slice(0, 10)
  const lines = groups.map(
    ({ name, n, middle, row }) => `| ${name} | ${n} | ${Math.exp(middle).toFixed(2)} | ${whyOf(row, middle)} |`,
  )
  return `## The ten worst configurations

| configuration (engine, GPU, GPUs, tp, pp, dp, ep, model, dtype) | rows | predicted ÷ measured | why, as far as can be told |
| --- | ---: | ---: | --- |
${lines.join('\n')}
`
}
