// The upstreams: whether each answers at all. Nothing is asked of them that costs anything, and no key is sent.
import { request } from 'undici'
import { upstreamsOf } from '../../gateway/upstreams.ts'
import { type Check, fail, ok } from './check.ts'

export const upstreams: Check = {
  name: 'upstreams',
  isOnline: true,
  async look(frame) {
    const all = [...upstreamsOf(frame.settings().gateway?.upstreams).values()]
    return Promise.all(
      all.map(async ({ name, origin }) => {
        const started = performance.now()
        try {
          // Whatever it says, it is there.
          const { statusCode: status, body } = await request(origin, {
            method: 'HEAD',
            signal: AbortSignal.timeout(10_000),
          })
          await body.dump()
          return ok(`${name}: ${origin} answers (${status}) in ${Math.round(performance.now() - started)} ms`)
        } catch (thrown) {
          const { code, message } = thrown as NodeJS.ErrnoException
          const words = code ?? message
          return fail(`${name}: ${origin} does not answer: ${words}`, 'check its address, the network and its proxy')
        }
      }),
    )
  },
}
