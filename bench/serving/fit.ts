// `npm run fit`: measured rows → the constants of the step time in src/core/serving/step/fitted.ts, those of each validation fold, and the bands.
import { writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { fitted } from '../../src/core/serving/step/fitted.ts'
import { bandTable } from './bands.ts'
import { foldsOf } from './folds.ts'
import { linearise, residualsAt } from './linearise.ts'
import { efficiencyOf, layoutOf, names } from './parameters.ts'
import { prior } from './prior.ts'
import { fitRows } from './rows.ts'
import { solve } from './solve.ts'
import { fittedSource } from './source.ts'

const iterations = 4
const root = new URL('../../', import.meta.url)
const say = (text: string) => process.stderr.write(`fit: ${text}\n`)

const rows = fitRows()
const { groups, spreads } = layoutOf(rows)
say(`${rows.length} rows, ${names(groups).length - 3 * groups.length} constants, ${groups.length} groups`)

/** Σ of absolute log errors, which the fit lowers. */
const lossOf = (x: Float64Array): number => {
  const at = efficiencyOf(prior, x, groups)
  let sum = 0
  for (const row of rows) {
    for (const value of Object.values(residualsAt(row, at))) if (value !== null) sum += Math.abs(value)
  }
  return sum
}

let x = new Float64Array(spreads.length)
let loss = lossOf(x)
for (let i = 1; i <= iterations; i++) {
  const step = solve(linearise(rows, x, groups), x, spreads, () => false)
  // The rows answer in steps: half a stride is tried where a whole one overshoots.
  const found = [1, 0.5, 0.25]
    .map(share => x.map((value, k) => value + share * step[k]!))
    .find(there => lossOf(there) < loss)
  if (found === undefined) break
  x = found
  loss = lossOf(x)
  say(`${i} of ${iterations}: mean absolute log error ${(loss / rows.length).toFixed(4)}`)
}

// Each fold is solved from the same slopes without its rows, then judged on them by real runs.
const figures = linearise(rows, x, groups)
const folds = foldsOf(rows).map(fold => {
  const out = new Set(fold.rows)
  const step = solve(figures, x, spreads, row => out.has(row))
  return { name: fold.name, x: Array.from(x, (value, k) => Math.round(1e4 * (value + step[k]!)) / 1e4) }
})
say(`${folds.length} folds`)
const heldOut = foldsOf(rows).flatMap((fold, f) => {
  const at = efficiencyOf(prior, Float64Array.from(folds[f]!.x), groups)
  return fold.rows.map(row => ({ kind: fold.kind, row: rows[row]!, of: residualsAt(rows[row]!, at) }))
})

writeFileSync(
  new URL('data/serving/folds.json.gz', root),
  gzipSync(JSON.stringify({ names: names(groups), folds }), { level: 9 }),
)
writeFileSync(
  new URL('src/core/serving/step/fitted.ts', root),
  fittedSource(efficiencyOf(prior, x, groups), bandTable(heldOut)),
)
say(
  `written; was ${Object.keys(fitted.effects).length} effects, now ${groups.length}. Run \`npm run validate -- --write\`.`,
)
