// What went wrong between client and upstream in; an answer in the shape in which the provider's own errors come, out.
import type { ServerResponse } from 'node:http'
import type { Family } from './upstreams.ts'

/** What a client's own library tells errors apart by, per status; others are the gateway's own. */
const kinds: Readonly<Record<Family, Readonly<Record<number, string>>>> = {
  openai: { 401: 'invalid_api_key', 429: 'insufficient_quota' },
  anthropic: {
    400: 'invalid_request_error',
    401: 'authentication_error',
    403: 'permission_error',
    429: 'rate_limit_error',
  },
  gemini: {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
  },
}
const openAiTypes: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'invalid_request_error',
  429: 'insufficient_quota',
}

/** One error as each family of clients expects it, so that their own messages stay readable. */
const shapes: Readonly<Record<Family, (code: string, message: string, status: number) => unknown>> = {
  openai(code, message, status) {
    const kind = kinds.openai[status]
    const text = kind === undefined ? message : `${message} (${code})`
    return { error: { message: text, type: openAiTypes[status] ?? 'gateway_error', param: null, code: kind ?? code } }
  },
  anthropic(code, message, status) {
    return {
      type: 'error',
      error: { type: kinds.anthropic[status] ?? 'api_error', message: `${message} (${code})` },
    }
  },
  gemini(code, message, status) {
    return {
      error: { code: status, message: `${message} (${code})`, status: kinds.gemini[status] ?? 'UNAVAILABLE' },
    }
  },
}

export interface GatewayError {
  readonly status: number
  readonly code: string
  readonly message: string
  /** When it is worth to ask again; null or left out = nobody knows. */
  readonly retryAfterSeconds?: number | null | undefined
}

/** To a call that is not to pass while it cannot be metered, or its budgets cannot be asked. */
export const unmeterable: GatewayError = {
  status: 503,
  code: 'METER_FAILED',
  message: 'this call cannot be metered now, and is not to pass without',
}

/** The same error as bytes, with its headers. */
export function errorAnswer(
  family: Family,
  { status, code, message, retryAfterSeconds }: GatewayError,
): { readonly body: string; readonly headers: Readonly<Record<string, string>> } {
  const body = JSON.stringify(shapes[family](code, message, status))
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      // The official clients try a 429 again within seconds, unless they are told that it is of no use.
      ...(status < 500 ? { 'x-should-retry': 'false' } : {}),
      ...(retryAfterSeconds == null ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
  }
}

/** The same as one text, for a socket that was to be upgraded and ends with it. `reason` stands behind the status. */
export function errorText(family: Family, error: GatewayError, reason: string): string {
  const { body, headers } = errorAnswer(family, error)
  const lines = Object.entries({ ...headers, connection: 'close' }).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${error.status} ${reason}\r\n${lines.join('')}\r\n${body}`
}

/**
 * Answers with an error, unless an answer has begun: then the socket is cut behind what was written, so that nobody takes it
 * for whole.
 */
export function answerError(response: ServerResponse, family: Family, error: GatewayError): void {
  if (response.destroyed) return
  if (response.headersSent) {
    response.write('', () => response.destroy())
    return
  }
  const { body, headers } = errorAnswer(family, error)
  response.writeHead(error.status, headers)
  response.end(body)
}
