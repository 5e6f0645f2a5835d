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
  body({
    stream: true,
    stream_options: { include_usage: true },
    max_completion_tokens: chunks,
    ...(pauseMs > 0 ? { user: `paced-${pauseMs}` } : {}),
  })
