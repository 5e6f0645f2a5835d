// Upstreams as they are written, and an environment, in; the same with each `${NAME}` of a header replaced by its variable, out.
import { Fault } from '../core/fault/fault.ts'
import { builtIn, type UpstreamSettings } from '../gateway/upstreams.ts'

/** Where the public providers' own libraries look for their key, and how each wants it. */
const credentials: Readonly<Record<string, { variables: readonly string[]; header: string; before: string }>> = {
  openai: { variables: ['OPENAI_API_KEY'], header: 'authorization', before: 'Bearer ' },
  anthropic: { variables: ['ANTHROPIC_API_KEY'], header: 'x-api-key', before: '' },
  gemini: { variables: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'], header: 'x-goog-api-key', before: '' },
}

/**
 * The built-in upstreams with the credentials that the environment has. One of the same name in the settings takes the place
 * of the whole: a key is sent nowhere but to the provider that gave it, unless a header says so.
 */
function withCredentials(environment: Readonly<Record<string, string | undefined>>): Upstreams {
  return Object.fromEntries(
    Object.entries(credentials).map(([name, { variables, header, before }]) => {
      const secret = variables.map(variable => environment[variable]).find(value => value)
      return [name, { ...builtIn[name]!, ...(secret ? { credential: { [header]: before + secret } } : {}) }]
    }),
  )
}

type Upstreams = Readonly<Record<string, UpstreamSettings>>

/**
 * Keys stand in the environment, not in a file that is shared. Only who relays needs them: every other command reads the
 * same file without. Fault VARIABLE_UNSET for a variable that is not set, or empty.
 */
export function withSecrets(
  upstreams: Upstreams,
  environment: Readonly<Record<string, string | undefined>>,
): Upstreams {
  return Object.fromEntries(
    Object.entries({ ...withCredentials(environment), ...upstreams }).map(([name, upstream]) => {
      const headers = Object.entries(upstream.headers ?? {}).map(([header, value]) => [
        header,
        value.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
          const secret = environment[variable]
          if (secret) return secret
          throw new Fault('VARIABLE_UNSET', `the environment has no ${variable}`, {
            where: `gateway.upstreams.${name}.headers.${header}`,
            fix: `export ${variable}=… before crossline serve`,
          })
        }),
      ])
      return [name, { ...upstream, headers: Object.fromEntries(headers) }]
    }),
  )
}
