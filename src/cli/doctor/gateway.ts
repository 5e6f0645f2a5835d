// The gateway's settings: whether the variables that they name are set, and whether its port is free.
import { createServer } from 'node:net'
import { Fault } from '../../core/fault/fault.ts'
import { upstreamsOf } from '../../gateway/upstreams.ts'
import { readLock } from '../../server/lock.ts'
import { withSecrets } from '../../server/secrets.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

export const gatewaySettings: Check = {
  name: 'gateway',
  async look(frame) {
    const { gateway, serve } = frame.settings()
    const found: Finding[] = []
    try {
      withSecrets(gateway?.upstreams ?? {}, process.env)
      found.push(ok(`upstreams ${[...upstreamsOf(gateway?.upstreams).keys()].join(', ')}`))
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      found.push(fail(`${thrown.message} (${thrown.where})`, thrown.fix ?? 'set it'))
    }
    if (readLock(frame.globals().data) !== null) return found
    const { host = '127.0.0.1', port = 4141 } = serve ?? {}
    if (await isTaken(host, port)) {
      found.push(warn(`port ${port} is in use by another program`, `crossline serve --port ${port + 1}`))
    }
    return found
  },
}

function isTaken(host: string, port: number): Promise<boolean> {
  return new Promise(done => {
    const probe = createServer()
    probe.once('error', thrown => done((thrown as NodeJS.ErrnoException).code === 'EADDRINUSE'))
    probe.listen(port, host, () => probe.close(() => done(false)))
  })
}
