// `node scripts/team-files.mjs [FOLDER] [SEED]`: writes an invented team's LiteLLM spend log, invoice and leases, drawn from the bundled traces.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { ensureInstalled, root } from './checkout.mjs'

ensureInstalled()
// From wherever it is called: tsx is this checkout's.
const words = ['--import', import.meta.resolve('tsx'), join(root, 'test/team/write.ts'), ...process.argv.slice(2)]
process.exitCode = spawnSync(process.execPath, words, { stdio: 'inherit' }).status ?? 1
