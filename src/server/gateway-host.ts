// A data folder and its settings in; a gateway that writes to the folder's spool, out.
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { CallRecord } from '../core/meter/call-record.ts'
import { backgroundIn } from '../gateway/background.ts'
import type { Budgets } from '../gateway/budgets.ts'
import { createGateway, type Gateway, type GatewaySettings } from '../gateway/gateway.ts'
import type { Keys } from '../gateway/keys.ts'
import { proxiesOf } from '../gateway/proxies.ts'
import type { Sink } from '../gateway/sink.ts'
import { type FsyncPolicy, openSpool, type Spool } from '../spool/spool.ts'
import type { StatedBudgets } from './budget-settings.ts'
import type { CaptureSettings } from './capture/capture-settings.ts'
import { type Captures, openCaptures } from './capture/captures.ts'
import { sweepCaptures } from './capture/sweep.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import { forwardClock } from './forward-clock.ts'
import { watchKeys } from './key-file.ts'
import type { Say } from './log.ts'
import { withSecrets } from './secrets.ts'
import { spoolFolder } from './spool-writer.ts'

export interface HostSettings extends GatewaySettings, StatedBudgets {
  readonly fsync?: FsyncPolicy | undefined
  /** Processes that relay calls; default: one for each core but one, and four at most. */
  readonly workers?: number | undefined
  /** What is kept of what calls say; nothing unless stated. */
  readonly capture?: CaptureSettings | undefined
  /** How long calls may take to finish once the server is told to stop; default: half a minute. */
  readonly drainMs?: number | undefined
}

export interface GatewayHost {
  readonly gateway: Gateway
  readonly spool: Spool
  /** Null: nothing of what calls say is kept. */
  readonly captures: Captures | null
  close(graceMs: number): Promise<void>
}

/** What a host beside a server's does otherwise. */
export interface OwnTools {
  /** Keys that are not of the folder's file. */
  readonly keys?: Keys
  /** Told of each record once the spool has it. */
  readonly heard?: (record: CallRecord) => void
}

/** How often one thing that goes wrong is said. */
const shoutEveryMs = 10_000

export function hostGateway(
  dataDir: string,
  settings: HostSettings,
  worker: string,
  say: Say,
  budgets: Budgets | null,
  own: OwnTools = {},
): GatewayHost {
  const upstreams = withSecrets(settings.upstreams ?? {}, process.env)
  const spool = openSpool(spoolFolder(dataDir), { worker, fsync: settings.fsync })
  // A gateway beside the server's carries test runs: no traffic of anybody's.
  const isServers = own.heard === undefined && own.keys === undefined
  const captures = settings.capture && isServers ? openCaptures(dataDir, settings.capture, { worker, say }) : null
  // Captures that are asked for no more expire all the same.
  const stopSweeping = captures === null && isServers ? sweepCaptures(dataDir, null, { say }) : () => {}
  const born = randomBytes(4).toString('hex')
  let calls = 0
  let shoutedAt = Number.NEGATIVE_INFINITY
  const gateway = createGateway(
    { ...settings, upstreams },
    {
      sink: heardBy(spool, own.heard),
      nowMicros: forwardClock(),
      nextKey: () => `${worker}-${born}-${++calls}`,
      fingerprintKey: fingerprintKey(dataDir),
      keys: own.keys ?? watchKeys(dataDir, say),
      budgets,
      capture: captures,
      proxyOf: proxiesOf(process.env),
      background: backgroundIn(join(dataDir, 'background')),
      shout(text) {
        if (performance.now() - shoutedAt < shoutEveryMs) return
        shoutedAt = performance.now()
        say(text, 'error')
      },
    },
  )
  return {
    gateway,
    spool,
    captures,
    async close(graceMs) {
      await gateway.close(graceMs)
      await captures?.close()
      stopSweeping()
      await spool.close()
    },
  }
}

function heardBy(spool: Spool, heard: OwnTools['heard']): Sink {
  if (heard === undefined) return spool
  return {
    async append(record) {
      await spool.append(record)
      heard(record)
    },
  }
}
