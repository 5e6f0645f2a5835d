// The environment's proxies: which upstreams and model servers are reached through which, without their credentials.
import { Fault } from '../../core/fault/fault.ts'
import { proxiesOf } from '../../gateway/proxies.ts'
import { upstreamsOf } from '../../gateway/upstreams.ts'
import { type Check, fail, ok } from './check.ts'

export const proxies: Check = {
  name: 'proxy',
  look(frame) {
    const { gateway, utilization = [] } = frame.settings()
    const reached = [
      ...upstreamsOf(gateway?.upstreams).values(),
      ...utilization.map(({ name, url }) => ({ name, origin: url })),
    ]
    const through = new Map<string, string[]>()
    try {
      const proxyOf = proxiesOf(process.env)
      for (const { name, origin } of reached) {
        const proxy = proxyOf(origin)
        if (proxy === null) continue
        const words = `${proxy.origin} (${proxy.variable})`
        through.set(words, [...(through.get(words) ?? []), name])
      }
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      return [fail(thrown.message, thrown.fix ?? 'mend it')]
    }
    return [...through].map(([words, names]) => ok(`${names.join(', ')} through ${words}, as this environment says`))
  },
}
