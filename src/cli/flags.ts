// Texts of flags → the numbers and lists they stand for, refused with the flag's own name.
import { Fault } from '../core/fault/fault.ts'

/** Where a number must lie; a side that is left out has no end. */
export interface NumberRange {
  readonly min?: number
  readonly above?: number
  readonly max?: number
  readonly below?: number
  readonly whole?: boolean
}

/** A commander parser for a number in a range. `3e9` and `2.5` are numbers; `1,000` is not guessed at. */
export function numberFlag(flag: string, range: NumberRange): (text: string) => number {
  return text => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    const { min, above, max, below, whole = false } = range
    const isInside =
      value >= (min ?? value) && value > (above ?? -Infinity) && value <= (max ?? value) && value < (below ?? Infinity)
    if (Number.isFinite(value) && isInside && (!whole || Number.isSafeInteger(value))) return value
    const low = above !== undefined ? ` above ${above}` : min !== undefined ? ` from ${min}` : ''
    const high = below !== undefined ? ` and below ${below}` : max !== undefined ? `, up to ${shortest(max)}` : ''
    const bound = low + high
    throw new Fault('BAD_NUMBER', `"${text}" is not ${whole ? 'a whole number' : 'a number'}${bound}`, {
      where: flag,
      fix: `give ${whole ? 'a whole number' : 'a number'}${bound}`,
    })
  }
}

/** 1e18, not a one with 18 zeros to count. */
const shortest = (number: number): string => (number < 1e6 ? String(number) : number.toExponential().replace('+', ''))

/** A commander parser for `a,b`; repeated flags add up. */
export function listFlag(flag: string): (text: string, before?: readonly string[]) => readonly string[] {
  return (text, before = []) => {
    const parts = text.split(',').map(part => part.trim())
    if (parts.every(part => part !== '')) return [...before, ...parts]
    throw new Fault('BAD_LIST', `"${text}" is not a list`, { where: flag, fix: 'write a,b' })
  }
}

/** A commander parser for `name=value`; repeated flags add up, and so does a comma before another `name=`. */
export function pairsFlag(
  flag: string,
): (text: string, before?: Readonly<Record<string, string>>) => Readonly<Record<string, string>> {
  return (text, before = {}) => {
    const pairs = text.split(/,(?=(?:tag:[^=,]+|\w+)=)/).map(pair => /^([^=]+)=(.+)$/s.exec(pair))
    if (pairs.every(pair => pair !== null)) return { ...before, ...Object.fromEntries(pairs.map(([, k, v]) => [k, v])) }
    throw new Fault('BAD_PAIR', `"${text}" names no value`, { where: flag, fix: 'write feature=search' })
  }
}

/** One `name=value` each time: values may hold commas, names anything but `=`. @throws Fault BAD_PAIR */
export function pairFlag(
  flag: string,
): (text: string, before?: Readonly<Record<string, string>>) => Readonly<Record<string, string>> {
  return (text, before = {}) => {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? []
    if (name !== undefined && value !== undefined) return { ...before, [name]: value }
    throw new Fault('BAD_PAIR', `"${text}" names no value`, { where: flag, fix: 'write OPTION=VALUE' })
  }
}

/** The given keys that are set: what a flag left out must not be sent as. */
export function given<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>
}
