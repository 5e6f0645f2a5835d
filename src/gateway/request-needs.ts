// The body of a request in; what the call asks of whoever serves it beside text out: pictures, sound, tools, a JSON schema.
import type { CallNeed } from '../core/meter/needs.ts'
import { asList, asObject, type JsonObject } from '../wire/json.ts'

/** By the types of content parts, wherever a message, its parts or a tool's result carry them; never by what a text says. */
export function needsOf(body: JsonObject): CallNeed[] {
  const shown = new Set<CallNeed>(outputNeeds(body))
  for (const field of ['messages', 'input', 'contents'] as const) partsIn(body[field], shown)
  if ([body.tools, body.functions].some(list => asList(list).length > 0)) shown.add('tools')
  if (asksForSchema(body)) shown.add('jsonSchema')
  return order.filter(need => shown.has(need))
}

const order: readonly CallNeed[] = ['image', 'audio', 'tools', 'jsonSchema']

/** A picture in a tool's result in a message is three lists deep; what is far deeper is nobody's request. */
const deepest = 8

/** Messages hold parts under `content` (OpenAI, Anthropic) or `parts` (Gemini), results of tools under `content` or `output`. */
function partsIn(list: unknown, shown: Set<CallNeed>, depth = 0): void {
  if (depth > deepest) return
  for (const each of asList(list)) {
    const part = asObject(each)
    if (part === null) continue
    const need = needOfPart(part)
    if (need !== null) shown.add(need)
    for (const field of ['content', 'parts', 'output'] as const) partsIn(part[field], shown, depth + 1)
  }
}

function needOfPart(part: JsonObject): CallNeed | null {
  const { type } = part
  if (type === 'image_url' || type === 'input_image' || type === 'image') return 'image'
  if (type === 'input_audio') return 'audio'
  const media = asObject(part.inlineData ?? part.inline_data ?? part.fileData ?? part.file_data)
  const mime = media?.mimeType ?? media?.mime_type
  if (typeof mime !== 'string') return null
  return mime.startsWith('image/') || mime.startsWith('video/') ? 'image' : mime.startsWith('audio/') ? 'audio' : null
}

/** OpenAI's `modalities`, Gemini's `responseModalities`: what the answer is to be made of. */
function outputNeeds(body: JsonObject): CallNeed[] {
  const asked = [...asList(body.modalities), ...asList(asObject(body.generationConfig)?.responseModalities)]
  const names = asked.map(name => String(name).toLowerCase())
  return (['image', 'audio'] as const).filter(need => names.includes(need))
}

/** OpenAI's `response_format` and `text.format`, Anthropic's `output_config.format` or `output_format`, Gemini's two schemas. */
function asksForSchema(body: JsonObject): boolean {
  const formats = [
    body.response_format,
    asObject(body.text)?.format,
    asObject(body.output_config)?.format,
    body.output_format,
  ]
  const generation = asObject(body.generationConfig)
  return (
    formats.some(format => asObject(format)?.type === 'json_schema') ||
    [generation?.responseSchema, generation?.responseJsonSchema].some(schema => asObject(schema) !== null)
  )
}
