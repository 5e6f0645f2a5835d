// A gateway's settings in; the upstreams it relays to, each with its address and what its bytes mean, out.
import { providerId } from '../core/meter/seller.ts'

/** Which family of paths an upstream has. */
export type Family = 'openai' | 'anthropic' | 'gemini'

export interface Upstream {
  readonly name: string
  /** Origin, and the path that is put before each request's own (`https://api.groq.com/openai`). */
  readonly origin: string
  readonly basePath: string
  /** As the price catalog knows it. */
  readonly provider: string
  readonly family: Family
  /** Whether streams are asked for their usage where the client did not. */
  readonly injectUsage: boolean
  /** Sent upstream in the place of the client's own, such as a key that clients do not know. */
  readonly headers: Readonly<Record<string, string>>
  /** Sent where a key of Crossline's came in the place of the provider's, and `headers` state no credential. */
  readonly credential: Readonly<Record<string, string>>
}

export interface UpstreamSettings {
  readonly url: string
  readonly provider?: string | undefined
  readonly family?: Family | undefined
  readonly injectUsage?: boolean | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly credential?: Readonly<Record<string, string>> | undefined
}

/** The three public providers, under the names that bare paths go to. */
export const builtIn: Readonly<Record<string, UpstreamSettings>> = {
  openai: { url: 'https://api.openai.com', provider: 'openai', family: 'openai' },
  anthropic: { url: 'https://api.anthropic.com', provider: 'anthropic', family: 'anthropic' },
  gemini: { url: 'https://generativelanguage.googleapis.com', provider: 'google', family: 'gemini' },
}

/** All upstreams by name: the built-in ones, with those of the settings in their place or beside them. */
export function upstreamsOf(settings: Readonly<Record<string, UpstreamSettings>> = {}): ReadonlyMap<string, Upstream> {
  const all = { ...builtIn, ...settings }
  return new Map(
    Object.entries(all).map(([name, { url, provider, family, injectUsage = true, headers = {}, credential = {} }]) => {
      const { origin, pathname } = new URL(url)
      return [
        name,
        {
          name,
          origin,
          basePath: pathname.replace(/\/+$/, ''),
          provider: providerId(provider ?? name),
          // Whoever is no built-in speaks as OpenAI does unless it is said: nearly all do.
          family: family ?? builtIn[name]?.family ?? 'openai',
          injectUsage,
          headers,
          credential,
        },
      ]
    }),
  )
}
