// A request for a chat stream that forgot to ask for its usage in; the same with the asking, out; and whether an answer refuses it.
import { asObject } from '../wire/json.ts'

/**
 * The body with `stream_options.include_usage` set. Everything else keeps its bytes: the member is put before the closing
 * brace, or first among the options that are there; only where those say that they want none the body is written anew.
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
  const text = bytes.toString('utf8')
  const places = [...text.matchAll(/"stream_options"\s*:\s*\{\s*(\}?)/g)]
  const [place] = places
  if (place !== undefined && places.length === 1 && asObject(options)?.include_usage === undefined) {
    const at = place.index + place[0].length - place[1]!.length
    const comma = place[1] === '' ? ',' : ''
    return Buffer.from(`${text.slice(0, at)}"include_usage":true${comma}${text.slice(at)}`)
  }
  return Buffer.from(JSON.stringify({ ...body, stream_options: { ...asObject(options), include_usage: true } }))
}

/** Whether an answer of this status may be a refusal of the asking. */
export const mayRefuse = (status: number): boolean => status === 400 || status === 422

/** Whether such an answer says that the upstream does not know the option. */
export const refusesAsking = (text: string): boolean => /stream_options|include_usage/.test(text)
