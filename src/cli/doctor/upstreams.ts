// The upstreams: whether each answers at all. Nothing is asked of them that costs anything, and no key is sent.
import { poolOf } from '../../gateway/pools.ts'
import { proxiesOf } from '../../gateway/proxies.ts'
import { upstreamsOf } from '../../gateway/upstreams.ts'
import { type Check, fail, ok } from './check.ts'

export const upstreams: Check = {
  name: 'upstreams',
  isOnline: true,
  async look(frame) {
    const proxyOf = proxiesOf(process.env)
    const all = [...upstreamsOf(frame.settings().gateway?.upstreams).values()]
    return Promise.all(
      all.map(async ({ name, origin }) => {
        const started = performance.now()
        const pool = poolOf(origin, proxyOf(origin), 1)
        try {
          // Whatever it says, it is there.
          const { statusCode: status, body } = await pool.request({
            method: 'HEAD',
            path: '/',
            headers: { host: new URL(origin).host },
            signal: AbortSignal.timeout(10_000),
          })
          await body.dump()
          return ok(`${name}: ${origin} answers (${status}) in ${Math.round(performance.now() - started)} ms`)
        } catch (thrown) {
          const { code, message } = thrown as NodeJS.ErrnoException
          const words = code ?? message
          return fail(`${name}: ${origin} does not answer: ${words}`, 'check its address, the network and its proxy')
        } finally {
          void pool.destroy()
        }
      }),
    )
  },
}
