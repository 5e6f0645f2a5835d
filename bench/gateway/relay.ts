// A process of its own: the bare relay that gateways are measured against. It parses nothing and keeps nothing.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

const pool = new Pool(process.argv[2]!, { connections: 256, headersTimeout: 0, bodyTimeout: 0 })
const server = createServer({ requestTimeout: 0 }, (request, response) => {
  const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = request.headers
  pool.stream(
    { path: request.url!, method: request.method as 'POST', headers, body: request },
    ({ statusCode, headers: { connection: _, 'transfer-encoding': __, ...kept } }) => {
      response.writeHead(statusCode, kept)
      return response
    },
    error => error && response.destroy(),
  )
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => process.send!({ port: (server.address() as AddressInfo).port }))
process.on('disconnect', () => process.exit(0))
