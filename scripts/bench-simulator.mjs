// `npm run bench:simulator`: the simulator alone and beside another (bench/simulator/run.ts).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { prepare, root } from './checkout.mjs'

await prepare()
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'bench/simulator/run.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
