// A provider on a real socket for runs of tasks: three APIs, models that do well, badly or not at all, and an account of what it
// billed. It honours idempotency keys: the same key gets the same answer, and is billed once.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Billed {
  readonly model: string
  readonly input: number
  readonly output: number
}

export interface TaskProvider {
  readonly url: string
  /** By idempotency key, or by a number of its own where none came. */
  readonly billed: ReadonlyMap<string, Billed>
  /** Requests that came, whatever became of them, by model. */
  readonly requests: ReadonlyMap<string, number>
  /** Most requests that were open at once. */
  readonly mostAtOnce: () => number
  stop(): void
}

/**
 * What a prompt `12 + 30 easy` gets. Models ending in `-weak` are wrong about the hard ones, `-down` answers 503, `-busy` says
 * 429 once for each request, `-shy` declines, `-mute` never answers, `-odd` sends no answer of its API, `-cut` breaks off in
 * the middle of each.
 */
export async function startTaskProvider(latencyMs: () => number = () => 1): Promise<TaskProvider> {
  const billed = new Map<string, Billed>()
  const requests = new Map<string, number>()
  const seenBusy = new Set<string>()
  let open = 0
  let most = 0
  const server = createServer((asked, response) => {
    let body = ''
    asked.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    response.on('error', () => {})
    response.on('close', () => open--)
    asked.on('end', () => {
      most = Math.max(most, ++open)
      const call = callOf(asked, JSON.parse(body) as Json)
      requests.set(call.model, (requests.get(call.model) ?? 0) + 1)
      if (call.model.endsWith('-mute')) return
      if (call.model.endsWith('-down')) return void fail(response, 503, 'overloaded')
      if (call.model.endsWith('-busy') && !seenBusy.has(call.key)) {
        seenBusy.add(call.key)
        return void fail(response, 429, 'rate_limit_exceeded', { 'retry-after-ms': '5' })
      }
      // It is billed once it is answered, even if the asker is gone by then.
      setTimeout(() => {
        const usage = { model: call.model, input: Math.ceil(body.length / 4), output: 3 + call.said.length }
        billed.set(call.key, billed.get(call.key) ?? usage)
        response.writeHead(200, { 'content-type': 'application/json' })
        const text = JSON.stringify(call.answer(call.said, billed.get(call.key)!))
        if (call.model.endsWith('-cut')) response.write(text.slice(0, 20), () => response.destroy())
        else response.end(text)
      }, latencyMs())
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    billed,
    requests,
    mostAtOnce: () => most,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}

type Json = Record<string, unknown>

interface Call {
  readonly key: string
  readonly model: string
  readonly said: string
  answer(said: string, usage: Billed): unknown
}

let unnamed = 0

function callOf({ url = '', headers }: IncomingMessage, body: Json): Call {
  const key = (headers['idempotency-key'] as string | undefined) ?? `unnamed-${++unnamed}`
  const id = `id-${key}`
  const gemini = /\/models\/([^/:]+):generateContent/.exec(url)?.[1]
  const model = gemini ?? String(body.model)
  const said = saidBy(model, JSON.stringify(body.messages ?? body.contents))
  const isShy = model.endsWith('-shy')
  if (model.endsWith('-odd')) return { key, model, said, answer: () => ({ id, model, odd: true }) }
  if (gemini !== undefined) {
    return {
      key,
      model,
      said,
      answer: (text, { input, output }) => ({
        responseId: id,
        modelVersion: model,
        candidates: [{ content: { role: 'model', parts: [{ text }] }, finishReason: isShy ? 'SAFETY' : 'STOP' }],
        usageMetadata: { promptTokenCount: input, candidatesTokenCount: output, totalTokenCount: input + output },
      }),
    }
  }
  if (url.endsWith('/messages')) {
    return {
      key,
      model,
      said,
      answer: (text, { input, output }) => ({
        id,
        type: 'message',
        role: 'assistant',
        model,
        content: [{ type: 'text', text }],
        stop_reason: isShy ? 'refusal' : 'end_turn',
        usage: { input_tokens: input, output_tokens: output },
      }),
    }
  }
  return {
    key,
    model,
    said,
    answer: (content, { input, output }) => ({
      id,
      model,
      choices: [
        isShy
          ? { message: { role: 'assistant', content: null, refusal: 'No.' }, finish_reason: 'stop' }
          : { message: { role: 'assistant', content }, finish_reason: 'stop' },
      ],
      usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
    }),
  }
}

/** The sum that the last question asks for. */
function saidBy(model: string, messages: string): string {
  const [, a, b, level] = [...messages.matchAll(/(\d+) \+ (\d+) (easy|hard)/g)].at(-1) ?? []
  if (a === undefined) return 'what?'
  const sum = Number(a) + Number(b)
  return model.endsWith('-weak') && level === 'hard' ? `perhaps ${sum + 1}` : String(sum)
}

function fail(response: ServerResponse, status: number, code: string, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error: { code, message: 'not now', type: code } }))
}
