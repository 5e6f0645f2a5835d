// What `doctor` looks at, in the order in which it is shown: one line each.
import { captures } from './captures.ts'
import type { Check } from './check.ts'
import { dataFolder } from './data-folder.ts'
import { gatewaySettings } from './gateway.ts'
import { ledger } from './ledger.ts'
import { machine } from './machine.ts'
import { catalogPrices } from './prices.ts'
import { proxies } from './proxies.ts'
import { runningServer } from './server.ts'
import { upstreams } from './upstreams.ts'

export const checks: readonly Check[] = [
  machine,
  dataFolder,
  runningServer,
  ledger,
  catalogPrices,
  gatewaySettings,
  captures,
  proxies,
  upstreams,
]
