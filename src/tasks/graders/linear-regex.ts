// A pattern in; what finds it in a text in time that grows with the text alone (RE2's syntax and algorithm), out: no answer of a model can stall it.
import { RE2JS } from 're2js'

export interface LinearRegex {
  test(text: string): boolean
  /** All matches in order, each with its groups; a group that took no part is null. */
  all(text: string): readonly (readonly (string | null)[])[]
}

/** Flags as JavaScript writes them, of `i`, `m` and `s`. Its look-aheads, look-behinds and back-references do not exist in RE2. @throws Error */
export function linearRegex(pattern: string, flags = ''): LinearRegex {
  const bits = [...flags].reduce((sum, flag) => sum | flagBit(flag), 0)
  const compiled = RE2JS.compile(RE2JS.translateRegExp(pattern), bits)
  return {
    test: text => compiled.matcher(text).find(),
    all(text) {
      const matcher = compiled.matcher(text)
      const found: (string | null)[][] = []
      while (matcher.find()) {
        found.push(Array.from({ length: matcher.groupCount() + 1 }, (_, i) => matcher.group(i)))
      }
      return found
    },
  }
}

function flagBit(flag: string): number {
  if (flag === 'i') return RE2JS.CASE_INSENSITIVE
  if (flag === 'm') return RE2JS.MULTILINE
  if (flag === 's') return RE2JS.DOTALL
  // JavaScript's mode of whole characters, which RE2 is always in.
  if (flag === 'u' || flag === 'v') return 0
  throw new Error(`no flag "${flag}": use i, m, s`)
}

/** What keeps a pattern from being used, in one line, or null. */
export function patternMisfit(pattern: string, flags = ''): string | null {
  try {
    linearRegex(pattern, flags)
    return null
  } catch (thrown) {
    const what = thrown instanceof Error ? thrown.message : String(thrown)
    const isPerl = /\(\?(=|!|<=|<!)|\\[1-9]/.test(pattern)
    const why = isPerl ? ' (there are no look-arounds and back-references: matching takes linear time)' : ''
    return `${what}${why}`
  }
}
