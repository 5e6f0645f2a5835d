// A request for a chat stream that forgot to ask for its usage, and the stream, in; both with the asking, and with its event left out again, out.

import { asObject, parseJson } from '../wire/json.ts'
import { sseFramer } from '../wire/sse.ts'

/**
 * The body with `stream_options.include_usage` set. Everything else keeps its bytes: the member is put before the closing
 * brace, unless there are options already, which are then written anew.
 */
export function askingForUsage(bytes: Buffer, body: Readonly<Record<string, unknown>>): Buffer {
  const options = body.stream_options
  if (options === undefined) {
    const end = bytes.lastIndexOf('}')
    return Buffer.concat([
      bytes.subarray(0, end),
      Buffer.from(',"stream_options":{"include_usage":true}'),
      bytes.subarray(end),
    ])
  }
  return Buffer.from(JSON.stringify({ ...body, stream_options: { ...asObject(options), include_usage: true } }))
}

/** Whether an answer of this status may be a refusal of the asking. */
export const mayRefuse = (status: number): boolean => status === 400 || status === 422

/** Whether such an answer says that the upstream does not know the option. */
export const refusesAsking = (text: string): boolean => /stream_options|include_usage/.test(text)

interface Event {
  readonly bytes: Buffer
  /** The event that was asked for and that the client did not ask for: no choices, and a usage. */
  readonly isAskedFor: boolean
}

export interface EventCutter {
  push(chunk: Buffer): Event[]
  /** What no blank line has ended yet. */
  rest(): Buffer
  restBytes(): number
}

/** Cuts a stream into whole events, each with the blank line that ends it. */
export function eventCutter(): EventCutter {
  let held: Buffer[] = []
  let size = 0
  return {
    push(chunk) {
      // An event that comes in many pieces is put together once.
      if (!chunk.includes(10)) {
        held.push(chunk)
        size += chunk.length
        return []
      }
      const all = size === 0 ? chunk : Buffer.concat([...held, chunk])
      const events: Event[] = []
      let from = 0
      for (let end = endOfEvent(all, Math.max(0, size - 3)); end > 0; end = endOfEvent(all, from)) {
        const bytes = all.subarray(from, end)
        events.push({ bytes, isAskedFor: isUsageAlone(bytes) })
        from = end
      }
      const left = all.subarray(from)
      held = left.length > 0 ? [left] : []
      size = left.length
      return events
    },
    rest: () => Buffer.concat(held),
    restBytes: () => size,
  }
}

/** One past the blank line that ends the event at or after `from`; 0 = none yet. */
function endOfEvent(bytes: Buffer, from: number): number {
  for (let at = bytes.indexOf(10, from); at >= 0; at = bytes.indexOf(10, at + 1)) {
    const next = bytes[at + 1]
    if (next === 10) return at + 2
    if (next === 13 && bytes[at + 2] === 10) return at + 3
  }
  return 0
}

function isUsageAlone(bytes: Buffer): boolean {
  if (!bytes.includes('"usage"')) return false
  let isAlone = false
  const event = sseFramer(text => {
    const { choices, usage } = asObject(parseJson(text)) ?? {}
    isAlone = Array.isArray(choices) && choices.length === 0 && typeof usage === 'object' && usage !== null
  })
  event.push(bytes)
  event.end()
  return isAlone
}
