// Upstreams as they are written, and an environment, in; the same with each `${NAME}` of a header replaced by its variable, out.
import { Fault } from '../core/fault/fault.ts'
import type { UpstreamSettings } from '../gateway/upstreams.ts'

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
    Object.entries(upstreams).map(([name, upstream]) => {
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
