// crossline.yaml → checked settings; an unknown key names the nearest one, with file and line.
import { readFileSync } from 'node:fs'
import { Fault, nearestName } from '../core/fault/fault.ts'

/** What a project may fix once for all commands; flags win over it. */
export interface Settings {
  /** Data folder, relative to the settings file's folder when not absolute. */
  readonly data?: string
  readonly seed?: number
  /** IANA zone of days and months in reports. */
  readonly zone?: string
  /** Price overlay files, each laid over the ones before. */
  readonly prices?: readonly string[]
  readonly serve?: { readonly host?: string; readonly port?: number }
  readonly crossover?: Readonly<Record<string, unknown>>
}

const checks: Record<string, (value: unknown) => string | null> = {
  data: value => (typeof value === 'string' ? null : 'a folder name'),
  seed: value => (Number.isSafeInteger(value) && (value as number) >= 0 ? null : 'a whole number from 0'),
  zone: value => (typeof value === 'string' ? null : 'an IANA zone such as Europe/Oslo'),
  prices: value =>
    Array.isArray(value) && value.every(file => typeof file === 'string') ? null : 'a list of file names',
  serve: value => (isRecord(value) ? null : 'a mapping with host and port'),
  crossover: value => (isRecord(value) ? null : 'a mapping of flags of the crossover command'),
  'serve.host': value => (typeof value === 'string' ? null : 'a host name or address'),
  'serve.port': value => (isPort(value) ? null : 'a port number'),
}

/**
 * Reads a settings file. A missing file is `{}` unless it was named (`required`).
 * @throws Fault SETTINGS_* with file:line
 */
export async function readSettings(path: string, required: boolean): Promise<Settings> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    if (!required) return {}
    throw new Fault('SETTINGS_MISSING', 'the settings file cannot be read', { where: path, fix: 'check --config' })
  }
  const { LineCounter, parseDocument, isMap, isScalar } = await import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const place = (offset: number) => `${path}:${lines.linePos(offset).line}`
  const [error] = document.errors
  if (error !== undefined) {
    const message = error.message.split('\n')[0]!.replace(/ at line.*$/, '')
    throw new Fault('SETTINGS_SYNTAX', `not YAML: ${message}`, { where: place(error.pos[0]), fix: 'correct the line' })
  }
  if (document.contents === null) return {}
  if (!isMap(document.contents)) {
    throw new Fault('SETTINGS_SHAPE', 'the settings file must be a mapping', {
      where: path,
      fix: 'write key: value lines',
    })
  }
  const visit = (map: typeof document.contents, prefix: string): void => {
    if (!isMap(map)) return
    const known = Object.keys(checks).flatMap(name =>
      name.startsWith(prefix) && !name.slice(prefix.length).includes('.') ? [name.slice(prefix.length)] : [],
    )
    for (const { key, value } of map.items) {
      const name = String(isScalar(key) ? key.value : key)
      const where = place((isScalar(key) ? key.range?.[0] : undefined) ?? 0)
      const check = checks[prefix + name]
      if (check === undefined) {
        const near = nearestName(name, known)
        throw new Fault('SETTINGS_KEY', `unknown setting "${prefix}${name}"`, {
          where,
          fix: near === null ? `use one of ${known.join(', ')}` : `did you mean "${prefix}${near}"?`,
        })
      }
      const plain: unknown = isMap(value) ? value.toJSON() : (value as { toJSON?: () => unknown })?.toJSON?.()
      const expected = check(plain)
      if (expected !== null) {
        throw new Fault('SETTINGS_VALUE', `"${prefix}${name}" must be ${expected}`, { where, fix: 'correct the value' })
      }
      if (name === 'serve' && isMap(value)) visit(value, 'serve.')
    }
  }
  visit(document.contents, '')
  return document.toJS() as Settings
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isPort(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) < 65_536
}
