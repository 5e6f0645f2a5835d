// A call in; what it asks of whoever serves it beside text (pictures, sound, tools, a JSON schema), as bits, out.
import type { Call } from './call.ts'
import type { UsageKind } from './usage.ts'

/**
 * What a call may need. Pictures and sound show in its usage where the provider counts them apart, which few do; tools and
 * schemas leave no count. Of all of them the record's tags may tell (`image=true`).
 */
export const callNeeds = [
  { need: 'image', bit: 1, kinds: ['inputImage', 'outputImage'], tags: ['image'] },
  { need: 'audio', bit: 2, kinds: ['inputAudio', 'outputAudio'], tags: ['audio'] },
  { need: 'tools', bit: 4, kinds: [], tags: ['tools'] },
  { need: 'jsonSchema', bit: 8, kinds: [], tags: ['json_schema', 'jsonSchema'] },
] as const satisfies readonly {
  readonly need: string
  readonly bit: number
  readonly kinds: readonly UsageKind[]
  readonly tags: readonly string[]
}[]

export type CallNeed = (typeof callNeeds)[number]['need']

/** Tag values that say yes. */
export const yesTexts = ['true', 'yes', '1'] as const

/** The bits of all needs that the call is known to have. */
export function needsOf(call: Pick<Call, 'usage' | 'tags'>): number {
  let bits = 0
  for (const { bit, kinds, tags } of callNeeds) {
    const shown = kinds.some(kind => (call.usage[kind] ?? 0) > 0)
    const said = tags.some(tag => yesTexts.some(yes => call.tags[tag] === yes))
    if (shown || said) bits |= bit
  }
  return bits
}
