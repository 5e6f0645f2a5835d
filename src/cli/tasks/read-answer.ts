// What came back of a request in; an answer, or why there is none and whether it is worth asking again, out.
import type { Response } from 'undici'
import { unknownUsage } from '../../core/meter/usage.ts'
import type { Completed, Unanswered } from '../../tasks/client.ts'
import { type Request, textOrNull } from '../../tasks/requests/request.ts'
import { asObject, parseJson } from '../../wire/json.ts'
import type { CallWatch } from './call-watch.ts'

export interface Came {
  readonly response: Response
  readonly text: string
}

/** An answer as a grader and the journal want it. */
export function readOf({ response, text }: Came, request: Request, watch: CallWatch): Completed | Unanswered {
  const { usage, usd, unpriced, model, seconds } = watch.last()
  const { status } = response
  const unanswered = { status, retryAfterSeconds: retryAfterOf(response), usage, usd }
  const json = parseJson(text)
  if (status >= 300) {
    const { code, message } = errorOf(json)
    const isRefused = status < 500 && /content.?(filter|policy)|safety/i.test(code ?? '')
    const said = [code, isEchoing(status) ? null : message].filter(part => part !== null)
    const problem = [`status ${status}`, ...said].join(': ')
    return { ...unanswered, unanswered: isRefused ? 'refused' : 'unavailable', problem }
  }
  const replied = request.read(json)
  if (replied === null) {
    return {
      ...unanswered,
      status: null,
      unanswered: 'unavailable',
      problem: `its answer is not one of ${request.wire}`,
    }
  }
  const { refusal, stopReason, toolCalls } = replied
  if (refusal !== null) {
    return { ...unanswered, unanswered: 'refused', problem: `the model declined (${stopReason ?? 'refusal'})` }
  }
  return { text: replied.text, toolCalls, stopReason, model, usage: usage ?? unknownUsage, usd, unpriced, seconds }
}

/** What became of a request that got no answer. */
export function cut(thrown: unknown, signal: AbortSignal, watch: CallWatch): Unanswered {
  const { usage, usd } = watch.last()
  const nothing = { status: null, retryAfterSeconds: null, usage, usd }
  if (signal.aborted) return { ...nothing, unanswered: 'limited', problem: String(signal.reason) }
  const { message, cause } = thrown as Error
  const why = cause instanceof Error ? cause.message : message
  return { ...nothing, unanswered: 'unavailable', problem: `the connection broke: ${why}` }
}

/** What a provider says of a request that it finds wrong may repeat the prompt. */
const isEchoing = (status: number): boolean => status === 400 || status === 413 || status === 422

function errorOf(json: unknown): { readonly code: string | null; readonly message: string | null } {
  const body = asObject(json)
  const error = asObject(body?.error) ?? body
  const code = [error?.code, error?.type, error?.status].map(textOrNull).find(text => text !== null) ?? null
  const message = textOrNull(error?.message) ?? textOrNull(body?.error)
  return { code, message: message === null ? null : message.replace(/\s+/g, ' ').slice(0, 200) }
}

/** Seconds, or a date (RFC 9110 §10.2.3); some say milliseconds in a header of their own. */
function retryAfterOf({ headers }: Response): number | null {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN)
  if (exact >= 0) return exact / 1000
  const said = headers.get('retry-after')
  if (said === null) return null
  if (/^\d+(\.\d+)?$/.test(said)) return Number(said)
  const at = Date.parse(said)
  return Number.isNaN(at) ? null : Math.max(0, (at - Date.now()) / 1000)
}
