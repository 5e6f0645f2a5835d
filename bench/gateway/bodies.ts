// The requests that the load sends: chat completions as OpenAI documents them, each of 1 KiB.
const requestBytes = 1024

interface Wanted {
  readonly stream?: boolean
  readonly stream_options?: { readonly include_usage: boolean }
  readonly max_completion_tokens?: number
  readonly user?: string
}

function body(wanted: Wanted): string {
  const text = (content: string) =>
    JSON.stringify({ model: 'gpt-5-mini', messages: [{ role: 'user', content }], ...wanted })
  return text('words '.repeat(200).slice(0, requestBytes - text('').length))
}

export const jsonBody = body({})

/** So many chunks, as fast as they go; with `pauseMs` between two of them where a model's pace matters. */
export const streamBody = (chunks: number, pauseMs = 0): string =>
  streamed(chunks, pauseMs > 0 ? { user: `paced-${pauseMs}` } : {})

/** A chunk every other second; it ends, so many chunks later, once so many streams were begun. */
export const togetherBody = (chunks: number, streams: number): string =>
  streamed(chunks, { user: `together-${streams}` })

const streamed = (chunks: number, wanted: Wanted): string =>
  body({ stream: true, stream_options: { include_usage: true }, max_completion_tokens: chunks, ...wanted })
