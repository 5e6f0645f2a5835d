// Rules of the settings and a request in; what they attribute it to, out.
import { type AttributionKind, attributionKinds } from '../core/meter/call.ts'

/** All conditions that are stated must hold; `*` in a pattern stands for any text. */
export interface Rule {
  readonly when: {
    readonly path?: string | undefined
    readonly model?: string | undefined
    /** Header name → pattern of its value. */
    readonly headers?: Readonly<Record<string, string>> | undefined
    /** Fingerprint of the system prompt, 16 hex digits: no pattern. */
    readonly systemPrompt?: string | undefined
  }
  readonly set: Readonly<Partial<Record<AttributionKind, string>>>
}

export interface Ruled {
  readonly path: string
  readonly model: string | null
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly systemPrompt: string | null
}

/** What the rules say, the first one that says it for each dimension. */
export function attributionOfRules(rules: readonly Rule[], asked: Ruled): Partial<Record<AttributionKind, string>> {
  const found: Partial<Record<AttributionKind, string>> = {}
  for (const { when, set } of rules) {
    if (!holds(when, asked)) continue
    for (const kind of attributionKinds) {
      const value = set[kind]
      if (value !== undefined) found[kind] ??= value
    }
  }
  return found
}

function holds({ path, model, headers = {}, systemPrompt }: Rule['when'], asked: Ruled): boolean {
  return (
    (path === undefined || like(path, asked.path)) &&
    (systemPrompt === undefined || systemPrompt === asked.systemPrompt) &&
    (model === undefined || (asked.model !== null && like(model, asked.model))) &&
    Object.entries(headers).every(([name, pattern]) => {
      const value = asked.headers[name.toLowerCase()]
      return typeof value === 'string' && like(pattern, value)
    })
  )
}

/** Whether a text fits a pattern in which `*` stands for any text. */
export function like(pattern: string, text: string): boolean {
  const expression = pattern.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')
  return new RegExp(`^${expression}$`, 's').test(text)
}
