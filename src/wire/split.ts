// A prompt and an answer with the parts that stand inside them → the disjoint kinds that are billed apart (law 1).

/** Counts of a prompt: `whole` with everything inside it. Null is unknown. */
export interface PromptParts {
  readonly whole: number | null
  readonly cacheRead: number | null
  readonly cacheWrite: number | null
  readonly audio: number | null
  readonly image: number | null
  /** Parts of audio and image that the cache held, where the provider says so. */
  readonly cachedAudio?: number
  readonly cachedImage?: number
}

/** What is left of a prompt beside its cache. */
export interface FreshPrompt {
  readonly input: number | null
  readonly inputAudio: number | null
  readonly inputImage: number | null
}

/**
 * A part of which nobody tells is not taken off: `input` is then what is not known to be anything else. Caches larger than
 * the prompt that holds them leave `input` unknown. Where caches and modalities overlap and nobody says by how much, text
 * is taken to be cached first, so that the kinds stay disjoint and add up to the prompt.
 */
export function freshPrompt(parts: PromptParts): FreshPrompt {
  const { whole } = parts
  let audio = parts.audio === null ? null : Math.max(0, parts.audio - (parts.cachedAudio ?? 0))
  let image = parts.image === null ? null : Math.max(0, parts.image - (parts.cachedImage ?? 0))
  if (whole === null) return { input: null, inputAudio: audio, inputImage: image }
  const uncached = whole - (parts.cacheRead ?? 0) - (parts.cacheWrite ?? 0)
  if (uncached < 0) return { input: null, inputAudio: audio, inputImage: image }
  if (image !== null) image = Math.min(image, uncached)
  if (audio !== null) audio = Math.min(audio, uncached - (image ?? 0))
  return { input: uncached - (image ?? 0) - (audio ?? 0), inputAudio: audio, inputImage: image }
}

/** An answer without its audio and images; null when they exceed it. */
export function textAnswer(whole: number | null, audio: number | null, image: number | null): number | null {
  if (whole === null) return null
  const text = whole - (audio ?? 0) - (image ?? 0)
  return text < 0 ? null : text
}
