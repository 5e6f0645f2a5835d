// `npm start`: installs, builds, and serves gateway, API and page over the embedded ledger.
import { prepare } from './checkout.mjs'

await prepare()
const { main } = await import('../dist/cli.js')
await main(['serve', ...process.argv.slice(2)])
