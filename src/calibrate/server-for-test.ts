// An OpenAI-compatible server on this machine that takes stated times and remembers what it was asked, for tests of the sweep.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface TimedServer {
  readonly url: string
  readonly asked: readonly { readonly path: string; readonly body: Readonly<Record<string, unknown>> }[]
  /** The most requests that were under way at once. */
  readonly most: () => number
  stop(): Promise<void>
}

export interface Manners {
  readonly firstMs: number
  readonly tokenMs: number
  /** Paths that it knows. */
  readonly paths?: readonly string[]
  /** Fields that it refuses with 400. */
  readonly refuses?: readonly string[]
  readonly tellsUsage?: boolean
  /** Tokens of an answer, whatever was asked for. */
  readonly stopsAt?: number
  /** Every so manieth request gets 500. */
  readonly failsEach?: number
}

/** Its tokens are words, and three more with every prompt. */
export async function startTimedServer(manners: Manners): Promise<TimedServer> {
  const { paths = ['/v1/completions', '/v1/chat/completions'], refuses = [], tellsUsage = true } = manners
  const asked: { path: string; body: Record<string, unknown> }[] = []
  let underWay = 0
  let most = 0
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const piece of request) text += piece
    const body = JSON.parse(text) as Record<string, unknown>
    const path = request.url ?? ''
    asked.push({ path, body })
    const isFailing = manners.failsEach !== undefined && asked.length % manners.failsEach === 0
    const status = !paths.includes(path) ? 404 : refuses.some(field => field in body) ? 400 : isFailing ? 500 : 200
    if (status !== 200) {
      response.writeHead(status, { 'content-type': 'application/json' }).end('{"error":{"message":"no"}}')
      return
    }
    most = Math.max(most, ++underWay)
    const isChat = path.includes('chat')
    const prompt = isChat ? (body.messages as { content: string }[])[0]!.content : (body.prompt as string)
    const limit = Number(body.max_tokens ?? body.max_completion_tokens)
    const tokens = Math.min(manners.stopsAt ?? limit, limit)
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const tell = (value: unknown) => response.write(`data: ${JSON.stringify(value)}\n\n`)
    if (isChat) tell({ choices: [{ delta: { role: 'assistant', content: '' } }] })
    await setTimeout(manners.firstMs)
    for (let i = 0; i < tokens; i++) {
      if (i > 0) await setTimeout(manners.tokenMs)
      tell({ choices: [isChat ? { delta: { content: 'x' } } : { text: 'x' }] })
    }
    if (tellsUsage) {
      tell({ choices: [], usage: { prompt_tokens: prompt.split(' ').length + 3, completion_tokens: tokens } })
    }
    underWay--
    response.end('data: [DONE]\n\n')
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/v1`,
    asked,
    most: () => most,
    stop: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
