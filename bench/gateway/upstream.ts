// A process of its own: a provider on a loopback port that answers as OpenAI does, at once or at a model's pace; it tells its
// port to whoever started it.
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerBytes, chunk, delta, idOf, usage, whole } from './canned.ts'

interface Asked {
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage?: boolean } | null
  /** How many chunks. */
  readonly max_completion_tokens?: number
  /** `paced-N`: N milliseconds between two chunks. `together-N`: a chunk every other second, and none the last before N are heard at once. */
  readonly user?: string
}

let calls = 0
let together = 0

const server = createServer((request, response) => {
  const pieces: Buffer[] = []
  request.on('data', piece => pieces.push(piece))
  request.on('end', () => {
    const id = idOf(++calls)
    const asked = JSON.parse(Buffer.concat(pieces).toString() || '{}') as Asked
    if (asked.stream) return stream(id, asked, response)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': answerBytes })
    response.end(whole(id))
  })
  response.on('error', () => {})
})

/** Chunks as a model makes them: one write each, never two in one turn. */
function stream(id: string, asked: Asked, response: ServerResponse): void {
  const [, kind, number] = /^(paced|together)-(\d+)$/.exec(asked.user ?? '') ?? []
  const pauseMs = kind === 'together' ? 2000 : Number(number ?? 0)
  if (kind === 'together') together++
  const isEarly = () => kind === 'together' && together < Number(number)
  let left = asked.max_completion_tokens ?? 200
  const next = () => {
    if (response.destroyed) return
    if (isEarly() || left-- > 0) {
      const isDrained = response.write(delta(id, left))
      if (!isDrained) response.once('drain', next)
      else if (pauseMs > 0) setTimeout(next, pauseMs)
      else setImmediate(next)
      return
    }
    response.write(chunk(id, { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }))
    if (asked.stream_options?.include_usage) response.write(chunk(id, { choices: [], usage }))
    response.end('data: [DONE]\n\n')
  }
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  next()
}

server.keepAliveTimeout = 600_000
server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, () =>
  process.send!({ port: (server.address() as AddressInfo).port }),
)
process.on('disconnect', () => process.exit(0))
