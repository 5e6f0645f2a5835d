// What a reader of recorded requests gives back: the prompt in the shape of all providers, and what of it could not be carried over.
import { asList, asObject, type JsonObject } from '../../wire/json.ts'
import type { ContentPart, Json, Prompt } from '../task.ts'

export interface PromptRead {
  readonly prompt: Prompt
  /** Parts that other models will not see, each once: `audio`, `web_search`, … */
  readonly lost: readonly string[]
}

/** Null = the body is no request of this API, or holds no message. */
export type PromptReader = (body: unknown) => PromptRead | null

export const objects = (value: unknown): JsonObject[] =>
  asList(value).flatMap((one): JsonObject[] => {
    const object = asObject(one)
    return object === null ? [] : [object]
  })
export const text = (value: unknown): string | null => (typeof value === 'string' ? value : null)
export const whole = (value: unknown): number | null =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : null
/** A schema as it came; parsed JSON is nothing else. */
export const jsonOf = (value: unknown): Json => (value === undefined ? null : (value as Json))

/** Text where that is all there is: most APIs take parts only where they must. */
export function plainest(parts: readonly ContentPart[]): string | readonly ContentPart[] {
  return parts.every(part => part.kind === 'text')
    ? parts.map(part => (part.kind === 'text' ? part.text : '')).join('\n')
    : parts
}

/** `data:image/png;base64,…`; null = it lies elsewhere, where it may be gone by now. */
function pictureOf(url: string | null): ContentPart | null {
  const [, mediaType, base64] = /^data:(image\/[\w.+-]+);base64,(.+)$/s.exec(url ?? '') ?? []
  return mediaType === undefined || base64 === undefined ? null : { kind: 'image', mediaType, base64 }
}

/**
 * What a message of OpenAI's APIs says: its text, or parts of which `pictureUrl` tells those that are pictures (undefined = the
 * part is none) and where each lies. What other models will not see goes to `lost`.
 */
export function contentOf(
  content: unknown,
  lost: Set<string>,
  pictureUrl: (part: JsonObject) => string | null | undefined,
): string | readonly ContentPart[] {
  if (typeof content === 'string') return content
  return plainest(
    objects(content).flatMap((part): ContentPart[] => {
      const said = text(part.text) ?? text(part.refusal)
      if (said !== null) return [{ kind: 'text', text: said }]
      const url = pictureUrl(part)
      const picture = url === undefined ? null : pictureOf(url)
      if (picture !== null) return [picture]
      lost.add(url === undefined ? (text(part.type) ?? 'a part of no kind') : 'pictures that lie elsewhere')
      return []
    }),
  )
}

/** The words of it alone. */
export const flat = (content: string | readonly ContentPart[]): string =>
  typeof content === 'string' ? content : content.flatMap(part => (part.kind === 'text' ? [part.text] : [])).join('\n')

/** A schema that an API asks for by name or as it is. */
export const emptyParameters: Json = { type: 'object', properties: {} }
