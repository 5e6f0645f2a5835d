// `npm run bench:horizon`: days read off a capacity curve against their full replay (bench/horizon/run.ts).
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { prepare, root } from './checkout.mjs'

await prepare()
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', join(root, 'bench/horizon/run.ts'), ...process.argv.slice(2)],
  { cwd: root, stdio: 'inherit' },
)
process.exitCode = status ?? 1
