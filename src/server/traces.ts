// OTLP/HTTP traces that are posted → their calls in the ledger, each once. https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import type { Context } from 'hono'
import { Fault, faultJson } from '../core/fault/fault.ts'
import type { CallsOfRecord } from '../intake/importer.ts'
import { pricedCall, responsesNamespace } from '../intake/keep-calls.ts'
import { responseBytes, statusBytes } from '../intake/otlp/answer.ts'
import { callsOfRequest } from '../intake/otlp/read.ts'
import { nothingBefore } from '../intake/otlp/told-calls.ts'
import { storable, unstorable } from '../intake/storable.ts'
import { priceCallsOf } from './prices.ts'
import { dropSample } from './sample.ts'
import type { Workplace } from './workplace.ts'

/** Source of the calls that exporters send. */
const otlpSource = 'otlp'

export interface TracesOptions {
  readonly workplace: Workplace
  readonly isReady: () => boolean
}

/** Of a body, before and after it is unpacked: what the specification recommends. */
const longestBody = 64 * 1024 * 1024
/** Of all requests that wait for the ledger: a long import keeps it, and exporters send again. */
const mostWaiting = 128 * 1024 * 1024
const retryAfterSeconds = 2

type Encoding = 'application/json' | 'application/x-protobuf'

/** Answers `POST /v1/traces` as the specification asks: whoever gets 503 sends the same spans again, and they count once. */
export function tracesHandler({ workplace, isReady }: TracesOptions): (c: Context) => Promise<Response> {
  let waiting = 0
  const before = nothingBefore()
  let isSampleGone = false

  const keep = async (read: CallsOfRecord): Promise<string[]> => {
    const problems = read.rejects.map(({ reason }) => reason)
    const good = read.calls.filter(call => {
      const problem = unstorable(call)
      if (problem !== null) problems.push(problem)
      return problem === null
    })
    if (good.length === 0) return problems
    const prices = await priceCallsOf(workplace)
    const ledger = await workplace.ledger()
    const calls = good.map(call => pricedCall(otlpSource, storable(call), prices))
    const about = { source: otlpSource, name: otlpSource, where: 'POST /v1/traces', format: 'otlp', sample: false }
    const plan = { ...about, namespace: responsesNamespace(), importedAtMicros: Date.now() * 1000 }
    await workplace.exclusively(async () => {
      await ledger.loadCalls(plan, [calls])
      // Real calls make the sample go, as an import does; it does not come back.
      if (!isSampleGone && (await ledger.sources()).some(({ sample }) => sample)) await dropSample(workplace)
      isSampleGone = true
    })
    return problems
  }

  return async c => {
    const encoding = encodingOf(c)
    if (encoding === null) {
      const type = c.req.header('content-type') ?? 'none'
      return refusal('application/json', 415, `content type ${type}: send application/x-protobuf or application/json`)
    }
    let held = 0
    try {
      const body = await bodyOf(c)
      if (!isReady()) return later(encoding, 'the ledger is not open yet')
      if (waiting + body.length > mostWaiting) return later(encoding, 'the ledger is busy')
      held = body.length
      waiting += held
      const read = callsOfRequest(body, encoding === 'application/json' ? 'json' : 'protobuf', before)
      let problems: string[]
      try {
        problems = await keep(read)
      } catch (thrown) {
        return later(encoding, faultJson(thrown).error.message)
      }
      return success(encoding, problems)
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      const status = thrown.code === 'BODY_TOO_LONG' ? 413 : thrown.code === 'ENCODING_UNKNOWN' ? 415 : 400
      return refusal(encoding, status, thrown.message)
    } finally {
      waiting -= held
    }
  }
}

function encodingOf(c: Context): Encoding | null {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  return type === 'application/json' || type === 'application/x-protobuf' ? type : null
}

const unpack = promisify(gunzip)

/** The body as it was before it was packed. @throws Fault BODY_TOO_LONG, ENCODING_UNKNOWN, OTLP_MALFORMED */
async function bodyOf(c: Context): Promise<Buffer> {
  const tooLong = () => new Fault('BODY_TOO_LONG', `the request is longer than ${longestBody / 1024 / 1024} MiB`)
  const packing = c.req.header('content-encoding')?.trim().toLowerCase() ?? 'identity'
  if (packing !== 'gzip' && packing !== 'identity') {
    throw new Fault('ENCODING_UNKNOWN', `content encoding ${packing}: send gzip or none`)
  }
  const pieces: Uint8Array[] = []
  let bytes = 0
  for await (const piece of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += piece.length
    if (bytes > longestBody) throw tooLong()
    pieces.push(piece)
  }
  const body = Buffer.concat(pieces)
  if (packing === 'identity' || body.length === 0) return body
  try {
    return await unpack(body, { maxOutputLength: longestBody })
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLong()
    throw new Fault('OTLP_MALFORMED', 'the body says that it is gzip, and is not')
  }
}

/** ExportTraceServiceResponse: empty, or how many spans were refused and why. */
function success(encoding: Encoding, problems: readonly string[]): Response {
  const reasons = [...new Set(problems)]
  const errorMessage = reasons.slice(0, 5).join('; ') + (reasons.length > 5 ? '; …' : '')
  const json = problems.length === 0 ? {} : { partialSuccess: { rejectedSpans: String(problems.length), errorMessage } }
  return encoded(encoding, 200, json, responseBytes(problems.length, errorMessage))
}

/** google.rpc.Status, which all failures have as their body. */
function refusal(encoding: Encoding, status: number, message: string, headers: Record<string, string> = {}): Response {
  return encoded(encoding, status, { message }, statusBytes(message), headers)
}

const later = (encoding: Encoding, message: string): Response =>
  refusal(encoding, 503, message, { 'retry-after': String(retryAfterSeconds) })

function encoded(
  encoding: Encoding,
  status: number,
  json: object,
  protobuf: Uint8Array,
  headers: Record<string, string> = {},
): Response {
  const body = encoding === 'application/json' ? JSON.stringify(json) : (protobuf as Uint8Array<ArrayBuffer>)
  return new Response(body, { status, headers: { ...headers, 'content-type': encoding } })
}
