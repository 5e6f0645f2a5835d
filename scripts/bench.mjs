// `npm run bench`, `bench:…`, `fit`, `validate`: the checkout made ready, then one file of bench/ run, the first word saying which.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { prepare, root } from './checkout.mjs'

await prepare()
const [name, ...rest] = process.argv.slice(2)
const { status } = spawnSync(process.execPath, ['--import', 'tsx', join(root, `bench/${name}.ts`), ...rest], {
  cwd: root,
  stdio: 'inherit',
})
process.exitCode = status ?? 1
