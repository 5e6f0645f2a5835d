// A name and a kind in; one call by a client that knows nothing of the gateway, and a log of which clients were answered, out.
import { request } from 'node:http'
import { gunzipSync } from 'node:zlib'
import type { Kind } from './kinds.ts'

export interface Client {
  readonly sent: Map<string, Kind>
  /** Calls whose client got the last byte of an answer with status 200. */
  readonly finished: Map<string, Kind>
  /** One call; resolves, whatever became of it, with the text that was heard. `onData` hears of its first bytes. */
  ask(port: number, name: string, kind: Kind, onData?: () => void): Promise<string>
}

const streamed: readonly Kind[] = ['stream', 'slow', 'left', 'cut', 'hanging']

export function startClient(): Client {
  const sent = new Map<string, Kind>()
  const finished = new Map<string, Kind>()
  return {
    sent,
    finished,
    ask(port, name, kind, onData = () => {}) {
      sent.set(name, kind)
      const path = kind === 'messages' ? '/v1/messages' : '/v1/chat/completions'
      const model = kind === 'messages' ? 'claude-sonnet-4-5' : 'gpt-5-mini'
      const headers = {
        'content-type': 'application/json',
        'accept-encoding': kind === 'gzip' ? 'gzip' : 'identity',
        'x-name': name,
        'x-crossline-task': name,
      }
      return new Promise(answered => {
        const heard: Buffer[] = []
        const done = () => {
          const bytes = Buffer.concat(heard)
          answered((kind === 'gzip' && finished.has(name) ? gunzipSync(bytes) : bytes).toString())
        }
        const asking = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false }, response => {
          response.on('data', (piece: Buffer) => {
            heard.push(piece)
            onData()
            if (kind === 'left') response.destroy()
            if (kind !== 'slow') return
            response.pause()
            setTimeout(() => response.resume(), 3)
          })
          response.on('error', done)
          response.on('end', () => {
            if (response.complete && response.statusCode === 200) finished.set(name, kind)
            done()
          })
          // Whoever hangs up hears of no end.
          response.on('close', done)
        })
        asking.on('error', done)
        asking.end(JSON.stringify({ model, messages: [], stream: streamed.includes(kind), user: kind }))
      })
    },
  }
}
