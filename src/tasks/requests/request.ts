// What a way to ask a model must be able to do: write a prompt as its API wants it, and read the answer. One file per API.
import { asObject, type JsonObject } from '../../wire/json.ts'
import type { Target } from '../client.ts'
import type { Json, Message, Prompt, ToolCall } from '../task.ts'

export type { JsonObject }

/** What an answer says; its usage is the gateway's to read. */
export interface Replied {
  readonly text: string
  readonly toolCalls: readonly ToolCall[]
  readonly stopReason: string | null
  /** The model declined, or a filter stopped it: in its own words, or the reason's name. Null = it answered. */
  readonly refusal: string | null
}

export interface Request {
  readonly wire: Target['wire']
  /** Below the upstream's own base. */
  path(model: string): string
  /** A credential as this API's own clients send it. */
  credential(secret: string): Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
  /** `provider` as the price catalog knows it: some take other names for the same. */
  body(target: Target, prompt: Prompt, provider: string): JsonObject
  /** Null = this is no answer of this API. */
  read(json: unknown): Replied | null
}

/** Settings over a body; inside an object of both (`generationConfig`) field by field. */
export function laidOver(body: JsonObject, settings: Readonly<Record<string, unknown>>): JsonObject {
  const merged = Object.entries(settings).map(([name, value]) => {
    const below = body[name]
    return [name, isObject(below) && isObject(value) ? { ...below, ...value } : value]
  })
  return { ...body, ...Object.fromEntries(merged) }
}

export const isObject = (value: unknown): value is JsonObject => asObject(value) !== null

export const objectsIn = (value: unknown): JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : [])

export const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** What a model wrote as arguments: JSON if it is, else an object that holds the text, since some APIs take nothing else. */
export function argumentsOf({ arguments: written }: ToolCall): Json {
  try {
    const value = JSON.parse(written) as Json
    return isObject(value) ? value : { value }
  } catch {
    return written === '' ? {} : { text: written }
  }
}

/** The text of a message, its pictures left out. */
export const plainText = (content: Message['content']): string =>
  typeof content === 'string'
    ? content
    : (content ?? []).flatMap(part => (part.kind === 'text' ? [part.text] : [])).join('\n')
