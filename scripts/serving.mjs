// `npm run fit`, `npm run validate`, `npm run bench:calibration`: the serving model against its measurements (bench/serving).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { prepare, root } from './checkout.mjs'

await prepare()
const [name, ...rest] = process.argv.slice(2)
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(root, `bench/serving/${name}.ts`), ...rest], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
