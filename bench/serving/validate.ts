// `npm run validate`: every measured row against its prediction, held out in turn → docs/accuracy.md and a table in the terminal.
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { efficiency } from '../../src/core/serving/step/efficiency.ts'
import { accuracyText, type Judged } from './accuracy-text.ts'
import { foldsOf } from './folds.ts'
import { residualsAt } from './linearise.ts'
import { openLoopText } from './open-loop.ts'
import { efficiencyOf, layoutOf, names } from './parameters.ts'
import { prior } from './prior.ts'
import { fitRows, readRows } from './rows.ts'

const root = new URL('../../', import.meta.url)
const rows = fitRows()
const { leftOut } = readRows()
const { groups } = layoutOf(rows)
const stored: { names: readonly string[]; folds: readonly { name: string; x: readonly number[] }[] } = JSON.parse(
  gunzipSync(readFileSync(new URL('data/serving/folds.json.gz', root))).toString('utf8'),
)
if (stored.names.join() !== names(groups).join()) {
  process.stderr.write('validate: the constants of the folds are of another fit; run `npm run fit` first\n')
  process.exit(1)
}
const inSample: readonly Judged[] = rows.map(row => ({
  kind: 'fit',
  fold: 'fit',
  row,
  of: residualsAt(row, efficiency),
}))
const heldOut: readonly Judged[] = foldsOf(rows).flatMap((fold, f) => {
  const at = efficiencyOf(prior, Float64Array.from(stored.folds[f]!.x), groups)
  return fold.rows.map(i => ({ kind: fold.kind, fold: fold.name, row: rows[i]!, of: residualsAt(rows[i]!, at) }))
})
const text = accuracyText({ rows, leftOut, inSample, heldOut }) + openLoopText()
process.stdout.write(text)
if (process.argv.includes('--write')) writeFileSync(new URL('docs/accuracy.md', root), text)
