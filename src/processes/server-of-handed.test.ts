import { connect, createServer, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { closeAll, listening } from '../gateway/world-for-test.ts'
import { serverOfHanded } from './server-of-handed.ts'

afterEach(closeAll)

/** A server that gets its sockets from another, as a gateway's process does. */
async function handed(limits = {}) {
  const server = serverOfHanded({ request: (_, response) => void response.end('ok'), upgrade: () => {} }, limits)
  const port = await listening(createServer(socket => server.emit('connection', socket)) as never)
  return { server, open: () => connect(port, '127.0.0.1') }
}

const closed = (socket: Socket) =>
  new Promise<string>(done => socket.on('error', () => {}).on('close', () => done('closed')))
const heard = (socket: Socket) => new Promise<string>(done => socket.once('data', bytes => done(bytes.toString())))
const after = (ms: number) => new Promise<string>(done => setTimeout(done, ms, 'open'))

test('a client that never ends its headers, and one that says nothing, are let go', async () => {
  const { open } = await handed({ headersMs: 50, checkEveryMs: 20 })
  const [slow, silent] = [open(), open()]
  slow.write('POST /v1/messages HTTP/1.1\r\nx-a: ')
  slow.resume()
  silent.resume()
  expect(await Promise.race([Promise.all([closed(slow), closed(silent)]), after(3000)])).toEqual(['closed', 'closed'])
})

test('an idle connection stays for the next call, longer than clients keep theirs, and is closed when the server ends', async () => {
  const { server, open } = await handed()
  const socket = open()
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(await heard(socket)).toMatch(/keep-alive: timeout=75/i)
  server.closeIdleConnections()
  expect(await Promise.race([closed(socket), after(3000)])).toBe('closed')
})
