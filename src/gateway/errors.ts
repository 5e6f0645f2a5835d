// What went wrong between client and upstream in; an answer in the shape in which the provider's own errors come, out.
import type { ServerResponse } from 'node:http'
import type { Family } from './upstreams.ts'

/** One error as each family of clients expects it, so that their own messages stay readable. */
const shapes: Readonly<Record<Family, (code: string, message: string, status: number) => unknown>> = {
  openai: (code, message) => ({ error: { message, type: 'gateway_error', param: null, code } }),
  anthropic: (code, message) => ({ type: 'error', error: { type: 'api_error', message: `${message} (${code})` } }),
  gemini: (code, message, status) => ({
    error: { code: status, message: `${message} (${code})`, status: 'UNAVAILABLE' },
  }),
}

/** Answers with an error, unless an answer has begun: then the socket is cut, so that nobody takes it for whole. */
export function answerError(
  response: ServerResponse,
  family: Family,
  { status, code, message }: { readonly status: number; readonly code: string; readonly message: string },
): void {
  if (response.headersSent || response.destroyed) {
    response.destroy()
    return
  }
  const body = JSON.stringify(shapes[family](code, message, status))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
  response.end(body)
}
