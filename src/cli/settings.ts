// crossline.yaml → checked settings; what a project fixes once for all commands, and flags win over.
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Choices } from '../core/decide/choices.ts'
import type { HostSettings } from '../server/gateway-host.ts'
import type { LogFormat } from '../server/log.ts'
import type { ScrapedServer } from '../server/scraper.ts'

export interface Settings {
  readonly data?: string | undefined
  readonly seed?: number | undefined
  /** IANA zone of days and months in reports. */
  readonly zone?: string | undefined
  /** Price overlay files, each laid over the ones before. */
  readonly prices?: readonly string[] | undefined
  readonly serve?: Partial<Readonly<{ host: string; port: number; log: LogFormat }>> | undefined
  readonly gateway?: HostSettings | undefined
  /** Own model servers whose metrics are read. */
  readonly utilization?: readonly ScrapedServer[] | undefined
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
  const [{ settingsShape }, { readChecked }] = await Promise.all([
    import('./settings-shape.ts'),
    import('./yaml-file.ts'),
  ])
  const settings = readChecked(path, settingsShape, true) as Settings
  const beside = (name: string) => resolve(dirname(path), name)
  return {
    ...settings,
    data: settings.data === undefined ? undefined : beside(settings.data),
    prices: settings.prices?.map(beside),
  }
}
