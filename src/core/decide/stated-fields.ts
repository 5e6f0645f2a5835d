// One object of a parsed document in; its numbers, name and parts, each checked where it stands, or one fault that names the field, out.
import { Fault, nearestName } from '../fault/fault.ts'

/** What a number must satisfy, as a predicate and as the words that a fault uses. */
interface Rule {
  readonly holds: (value: number) => boolean
  readonly words: string
}
export const notNegative: Rule = { holds: value => value >= 0, words: 'a number ≥ 0' }
export const positive: Rule = { holds: value => value > 0, words: 'a number > 0' }
export const share: Rule = { holds: value => value >= 0 && value <= 1, words: 'a share from 0 to 1' }
export const positiveShare: Rule = { holds: value => value > 0 && value <= 1, words: 'a share above 0, up to 1' }
export const atLeastOne: Rule = { holds: value => value >= 1, words: 'a number ≥ 1' }
export const count: Rule = { holds: value => Number.isSafeInteger(value) && value >= 0, words: 'a whole number ≥ 0' }
export const countFromOne: Rule = {
  holds: value => Number.isSafeInteger(value) && value >= 1,
  words: 'a whole number ≥ 1',
}

interface Place {
  readonly path: string
  readonly where: string
}

export interface Located {
  readonly value: unknown
  readonly place: Place
}

interface Section {
  number(key: string, rule: Rule): number | null
  name(): string
  child(key: string): Located | null
  list(key: string): Located[]
  fault(code: string, key: string, message: string, fix?: string): Fault
}

/** An object of the document, its keys checked against the names it may have. Absent and null both mean "not stated". */
export function section(value: unknown, place: Place, allowed: readonly string[]): Section {
  const pathOf = (key: string) => (place.path === '' ? key : key === '' ? place.path : `${place.path}.${key}`)
  const fault = (code: string, key: string, message: string, fix?: string) =>
    new Fault(code, `${pathOf(key) || 'the document'} ${message}`, {
      where: `${place.where}: ${pathOf(key) || '(root)'}`,
      fix,
    })
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw fault('INPUTS_INVALID', '', `must be an object with ${allowed.join(', ')}, got ${shown(value)}`)
  }
  const fields = value as Readonly<Record<string, unknown>>
  for (const key of Object.keys(fields)) {
    if (allowed.includes(key)) continue
    const near = nearestName(key, allowed)
    const fix = near === null ? `use one of ${allowed.join(', ')}` : `did you mean ${near}?`
    throw fault('INPUTS_UNKNOWN_FIELD', key, 'is not a known field', fix)
  }
  const at = (key: string): unknown => (Object.hasOwn(fields, key) ? fields[key] : undefined) ?? null
  return {
    fault,
    number(key, rule) {
      const found = at(key)
      if (found === null) return null
      if (typeof found === 'number' && Number.isFinite(found) && rule.holds(found)) return found
      throw fault('INPUTS_INVALID', key, `must be ${rule.words}, got ${shown(found)}`)
    },
    name() {
      const found = at('name')
      if (typeof found === 'string' && found !== '') return found
      if (found === null) throw fault('INPUTS_MISSING', 'name', 'is missing')
      throw fault('INPUTS_INVALID', 'name', `must be a text, got ${shown(found)}`)
    },
    child(key) {
      const found = at(key)
      return found === null ? null : { value: found, place: { path: pathOf(key), where: place.where } }
    },
    list(key) {
      const found = at(key)
      if (found === null) return []
      if (!Array.isArray(found)) throw fault('INPUTS_INVALID', key, `must be a list, got ${shown(found)}`)
      return found.map((item, i) => ({ value: item, place: { path: `${pathOf(key)}[${i}]`, where: place.where } }))
    },
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 40))
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
