// A prompt sent to an OpenAI-compatible server in; when its first and last token came, and how many there were, out.
import { type Dispatcher, fetch, type Response } from 'undici'
import { Fault } from '../core/fault/fault.ts'
import { sseFramer } from '../wire/sse.ts'

/** How a server wants to be asked; found out by trying. */
export interface Dialect {
  readonly path: 'completions' | 'chat/completions'
  /** Fields that make an answer as long as asked for, where the server takes them. */
  readonly length: 'ignore_eos' | 'none'
  readonly limit: 'max_tokens' | 'max_completion_tokens'
}

export const dialects: readonly Dialect[] = [
  { path: 'completions', length: 'ignore_eos', limit: 'max_tokens' },
  { path: 'chat/completions', length: 'ignore_eos', limit: 'max_tokens' },
  { path: 'chat/completions', length: 'none', limit: 'max_completion_tokens' },
  { path: 'chat/completions', length: 'none', limit: 'max_tokens' },
]

export interface Server {
  /** Up to and without the last `/`, `/v1` and all. */
  readonly url: string
  readonly model: string
  readonly apiKey: string | null
  readonly network: Dispatcher
}

/** Milliseconds of `performance.now()`. */
export interface Answered {
  readonly sentMs: number
  readonly firstMs: number
  readonly lastMs: number
  /** As the server told its usage; null where it told none. */
  readonly inputTokens: number | null
  readonly outputTokens: number | null
  /** Tokens of the prompt that the server already held. */
  readonly cachedTokens: number
  /** Pieces of the stream that held text. */
  readonly pieces: number
}

/** @throws Fault REQUEST_REFUSED (`status` in the message) */
export async function ask(
  server: Server,
  dialect: Dialect,
  prompt: string,
  outputTokens: number,
  signal: AbortSignal,
): Promise<Answered> {
  const sentMs = performance.now()
  const response = await fetch(`${server.url}/${dialect.path}`, {
    method: 'POST',
    dispatcher: server.network,
    signal,
    headers: {
      'content-type': 'application/json',
      ...(server.apiKey === null ? {} : { authorization: `Bearer ${server.apiKey}` }),
    },
    body: JSON.stringify({
      model: server.model,
      ...(dialect.path === 'completions' ? { prompt } : { messages: [{ role: 'user', content: prompt }] }),
      [dialect.limit]: outputTokens,
      ...(dialect.length === 'ignore_eos' ? { ignore_eos: true, min_tokens: outputTokens } : {}),
      // A user's own sampling: greedy answers of random words fall into loops, and speculation would shine on them.
      temperature: 1,
      stream: true,
      stream_options: { include_usage: true },
    }),
  })
  if (!response.ok || response.body === null) throw await refused(response, server, dialect)
  return { sentMs, ...(await read(response, sentMs)) }
}

async function refused(response: Response, { url }: Server, { path }: Dialect): Promise<Fault> {
  const said = (await response.text()).replace(/\s+/g, ' ').slice(0, 200)
  return new Fault('REQUEST_REFUSED', `the server answered ${response.status}${said === '' ? '' : `: ${said}`}`, {
    where: `${url}/${path}`,
    kind: 'outside',
    fix: 'check --url and --model; --api-key-env names the variable that holds a key',
  })
}

async function read(response: Response, sentMs: number): Promise<Omit<Answered, 'sentMs'>> {
  let firstMs = Number.NaN
  let lastMs = Number.NaN
  let pieces = 0
  let usage: Usage | null = null
  let now = sentMs
  const framer = sseFramer(text => {
    const event = parsed(text)
    if (event === null) return
    usage = event.usage ?? usage
    if (!event.choices?.some(holdsText)) return
    pieces++
    lastMs = now
    if (Number.isNaN(firstMs)) firstMs = now
  })
  for await (const bytes of response.body!) {
    now = performance.now()
    framer.push(bytes as Uint8Array)
  }
  framer.end()
  const told = usage as Usage | null
  return {
    firstMs,
    lastMs,
    pieces,
    inputTokens: told?.prompt_tokens ?? null,
    outputTokens: told?.completion_tokens ?? null,
    cachedTokens: told?.prompt_tokens_details?.cached_tokens ?? 0,
  }
}

interface Usage {
  readonly prompt_tokens?: number
  readonly completion_tokens?: number
  readonly prompt_tokens_details?: { readonly cached_tokens?: number } | null
}

interface Choice {
  readonly text?: string
  readonly delta?: {
    readonly content?: string | null
    readonly reasoning_content?: string | null
    readonly reasoning?: string | null
  }
}

interface StreamEvent {
  readonly choices?: readonly Choice[]
  readonly usage?: Usage | null
}

/** A role alone, or the end, is no token. */
const holdsText = ({ text, delta }: Choice): boolean =>
  [text, delta?.content, delta?.reasoning_content, delta?.reasoning].some(
    said => said !== undefined && said !== null && said !== '',
  )

function parsed(text: string): StreamEvent | null {
  if (text === '[DONE]') return null
  try {
    return JSON.parse(text) as StreamEvent
  } catch {
    return null
  }
}
