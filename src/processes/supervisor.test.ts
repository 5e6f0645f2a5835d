import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect, test, vi } from 'vitest'
import { supervise } from './supervisor.ts'

const options = {
  dataDir: '/nowhere',
  configFile: null,
  priceFiles: [],
  version: '0',
  host: '127.0.0.1',
  port: 0,
  lock: { announce: () => {}, release: () => {} },
  say: () => {},
}

test('a port that is taken, an address beyond this machine a key that is not there and a proxy that is none are each said at once', async () => {
  const taken = createServer()
  await new Promise<void>(done => taken.listen(0, '127.0.0.1', done))
  const { port } = taken.address() as AddressInfo
  await expect(supervise({ ...options, port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    kind: 'outside',
    fix: expect.stringContaining(`--port ${port + 1}`),
  })
  taken.close()
  await expect(supervise({ ...options, host: '0.0.0.0' })).rejects.toMatchObject({ code: 'BIND_REFUSED' })
  const upstreams = {
    groq: { url: 'https://api.groq.com/openai', headers: { authorization: `Bearer $\{NO_SUCH_KEY}` } },
  }
  await expect(supervise({ ...options, gateway: { upstreams } })).rejects.toMatchObject({ code: 'VARIABLE_UNSET' })
  vi.stubEnv('HTTPS_PROXY', 'socks4://proxy.example')
  await expect(supervise(options)).rejects.toMatchObject({ code: 'PROXY_UNREADABLE' })
  vi.unstubAllEnvs()
})
