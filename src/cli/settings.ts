// crossline.yaml → checked settings; what a project fixes once for all commands, and flags win over.
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Choices } from '../core/decide/choices.ts'
import type { HostSettings } from '../server/gateway-host.ts'

export interface Settings {
  readonly data?: string | undefined
  readonly seed?: number | undefined
  /** IANA zone of days and months in reports. */
  readonly zone?: string | undefined
  /** Price overlay files, each laid over the ones before. */
  readonly prices?: readonly string[] | undefined
  readonly serve?: { readonly host?: string | undefined; readonly port?: number | undefined } | undefined
  readonly gateway?: HostSettings | undefined
  /** Defaults of `crossover`'s flags, under the names of the API. */
  readonly crossover?: Partial<Choices> | undefined
}

/**
 * Reads a settings file, its file names made relative to it. A missing file is `{}` unless it was named (`required`).
 * @throws Fault with file:line
 */
export async function readSettings(path: string, required: boolean): Promise<Settings> {
  // Most runs have no settings file and need not load a YAML parser and a schema for it.
  if (!required && !existsSync(path)) return {}
  const [{ z }, { gatewayShape }, { choicesShape }, { readChecked }] = await Promise.all([
    import('zod'),
    import('../server/gateway-settings.ts'),
    import('../server/parameters.ts'),
    import('./yaml-file.ts'),
  ])
  const schema = z.strictObject({
    data: z.string().min(1).optional(),
    seed: z.int().nonnegative().optional(),
    zone: z.string().optional(),
    prices: z.array(z.string()).optional(),
    serve: z.strictObject({ host: z.string().optional(), port: z.int().min(0).max(65_535).optional() }).optional(),
    gateway: gatewayShape.optional(),
    crossover: z.strictObject(choicesShape).optional(),
  })
  const settings = readChecked(path, schema, true) as Settings
  const beside = (name: string) => resolve(dirname(path), name)
  return {
    ...settings,
    data: settings.data === undefined ? undefined : beside(settings.data),
    prices: settings.prices?.map(beside),
  }
}
