// Calls and what each seller takes at most in; which calls each refuses, why, and how many two of them refuse together, out.

import type { Feasibility, Infeasible, Together } from '../core/decide/feasible.ts'
import { many } from '../core/fault/many.ts'
import { type CallNeed, callNeeds } from '../core/meter/needs.ts'
import type { CallTimes } from './busiest.ts'

/** What a seller or a model takes at most; null = no limit is known. */
export interface Limits {
  readonly contextTokens: number | null
  readonly maxOutputTokens: number | null
  /** Needs that it is known not to meet. */
  readonly lacks: readonly CallNeed[]
  readonly requestsPerMinute: number | null
  readonly tokensPerMinute: number | null
}

export const noLimits: Limits = {
  contextTokens: null,
  maxOutputTokens: null,
  lacks: [],
  requestsPerMinute: null,
  tokensPerMinute: null,
}

export interface Refusals {
  /** Joint counts of all kinds of limits: what a fallback takes of what another refuses. */
  readonly evidence: Feasibility
  infeasibleOf(limits: Limits): Infeasible
  /** Whether call `i` (in the order of the columns) is refused by kind `k` of `Infeasible.kind`. */
  refuses(kind: number, i: number): boolean
}

const keyOf = (limits: Limits) => JSON.stringify(limits)

/** One limit that a call can break, in the words that name it. */
interface Test {
  readonly words: string
  refuses(prompt: number, answer: number, needs: number): boolean
}

/** Counts, call by call, what each of `all` limits refuses. A count that nobody knows is at least 0. */
export function refusalsOf(calls: CallTimes, all: readonly Limits[]): Refusals {
  const distinct = [...new Map(all.map(limits => [keyOf(limits), limits])).values()]
  const seen = tally(calls, distinct)
  // Limits that refuse nothing are one kind: kind 0 takes every call, the last takes none.
  const refusing = distinct.filter((_, d) => seen.sums[d]!.calls > 0)
  const kindOf = new Map(distinct.map(limits => [keyOf(limits), refusing.indexOf(limits) + 1]))
  const index = refusing.map(limits => distinct.indexOf(limits))
  const none: Together = { calls: 0, input: 0, output: 0 }
  const everything = seen.everything
  const size = refusing.length + 2
  const both = Array.from({ length: size }, () => Array.from({ length: size }, () => none))
  index.forEach((d, a) => {
    index.forEach((e, b) => {
      both[a + 1]![b + 1] = seen.together[d]![e]!
    })
    both[a + 1]![size - 1] = seen.sums[d]!
    both[size - 1]![a + 1] = seen.sums[d]!
  })
  both[size - 1]![size - 1] = everything
  return {
    evidence: { kinds: [none, ...index.map(d => seen.sums[d]!), everything], both },
    infeasibleOf: limits => {
      const kind = kindOf.get(keyOf(limits)) ?? 0
      if (kind === 0) return { calls: 0, reasons: [], kind }
      const d = index[kind - 1]!
      return { calls: seen.sums[d]!.calls, reasons: seen.reasons[d]!, kind }
    },
    refuses: (kind, i) =>
      kind > 0 && (kind > index.length || seen.patterns[seen.patternOf[i]!]!.includes(index[kind - 1]!)),
  }
}

function tally(calls: CallTimes, distinct: readonly Limits[]) {
  const tests = distinct.map(testsOf)
  const rates = distinct.map(rateTest)
  const words = distinct.map((_, d) => [...tests[d]!, ...(rates[d] ? [rates[d]] : [])].map(test => test.words))
  const broken = words.map(list => list.map(() => 0))
  const patterns: number[][] = [[]]
  const known = new Map<string, number>([['', 0]])
  const patternOf = new Int32Array(calls.n)
  const bySum: { calls: number; input: number; output: number }[] = [{ calls: 0, input: 0, output: 0 }]
  for (let i = 0; i < calls.n; i++) {
    const prompt = Math.max(0, calls.inputTokens[i]!)
    const answer = Math.max(0, calls.outputTokens[i]!)
    const needs = calls.needs?.[i] ?? 0
    const refused: number[] = []
    for (let d = 0; d < distinct.length; d++) {
      let any = false
      tests[d]!.forEach((test, t) => {
        if (!test.refuses(prompt, answer, needs)) return
        broken[d]![t]! += 1
        any = true
      })
      const rate = rates[d]
      // What is refused for its own sake uses up nothing of the minute.
      if (rate && !any && rate.refuses(calls.atMicros[i]! - calls.atMicros[0]!, prompt + answer)) {
        broken[d]![tests[d]!.length]! += 1
        any = true
      }
      if (any) refused.push(d)
    }
    const key = refused.join(',')
    let pattern = known.get(key)
    if (pattern === undefined) {
      pattern = patterns.push(refused) - 1
      known.set(key, pattern)
      bySum.push({ calls: 0, input: 0, output: 0 })
    }
    patternOf[i] = pattern
    const sum = bySum[pattern]!
    sum.calls += 1
    // Calls of unknown usage are counted, and are in no sum of tokens, as everywhere.
    if (calls.inputTokens[i]! < 0 || calls.outputTokens[i]! < 0) continue
    sum.input += prompt
    sum.output += answer
  }
  const sumWhere = (holds: (pattern: readonly number[]) => boolean): Together => {
    const sum = { calls: 0, input: 0, output: 0 }
    patterns.forEach((pattern, p) => {
      if (!holds(pattern)) return
      sum.calls += bySum[p]!.calls
      sum.input += bySum[p]!.input
      sum.output += bySum[p]!.output
    })
    return sum
  }
  return {
    patterns,
    patternOf,
    everything: sumWhere(() => true),
    sums: distinct.map((_, d) => sumWhere(pattern => pattern.includes(d))),
    together: distinct.map((_, d) =>
      distinct.map((__, e) => sumWhere(pattern => pattern.includes(d) && pattern.includes(e))),
    ),
    reasons: words.map((list, d) =>
      list.flatMap((what, t) => {
        const n = broken[d]![t]!
        return n > 0 ? [`${many(n, 'call')}: ${what}`] : []
      }),
    ),
  }
}

const needWords: Record<CallNeed, string> = {
  image: 'pictures, which it does not take',
  audio: 'sound, which it does not take',
  tools: 'tools, which it does not offer',
  jsonSchema: 'a JSON schema, which it does not hold to',
}

function testsOf({ contextTokens, maxOutputTokens, lacks }: Limits): Test[] {
  return [
    ...(contextTokens === null
      ? []
      : [
          {
            words: `prompt + answer above ${contextTokens} tokens of context`,
            refuses: (prompt: number, answer: number) => prompt + answer > contextTokens,
          },
        ]),
    ...(maxOutputTokens === null
      ? []
      : [
          {
            words: `an answer above ${maxOutputTokens} tokens`,
            refuses: (_: number, answer: number) => answer > maxOutputTokens,
          },
        ]),
    ...lacks.map(need => {
      const { bit } = callNeeds.find(one => one.need === need)!
      return { words: needWords[need], refuses: (_: number, __: number, needs: number) => (needs & bit) !== 0 }
    }),
  ]
}

/** What comes in a minute (counted from the first call) beyond what a seller takes in one; null without a limit. */
function rateTest({ requestsPerMinute, tokensPerMinute }: Limits) {
  if (requestsPerMinute === null && tokensPerMinute === null) return null
  const limits = [
    ...(requestsPerMinute === null ? [] : [`${requestsPerMinute} requests`]),
    ...(tokensPerMinute === null ? [] : [`${tokensPerMinute} tokens`]),
  ]
  let minute = -1
  let requests = 0
  let tokens = 0
  return {
    words: `beyond the rate limit of ${limits.join(' or ')} a minute`,
    refuses(sinceMicros: number, callTokens: number): boolean {
      const now = Math.floor(sinceMicros / 60e6)
      if (now !== minute) {
        minute = now
        requests = 0
        tokens = 0
      }
      const over =
        requests + 1 > (requestsPerMinute ?? Number.POSITIVE_INFINITY) ||
        tokens + callTokens > (tokensPerMinute ?? Number.POSITIVE_INFINITY)
      if (over) return true
      requests += 1
      tokens += callTokens
      return false
    },
  }
}

/** `500 rpm`, `2,000,000 tpm`, `1M tokens per minute, 500 requests per minute` as numbers; other words say nothing here. */
export function rateLimitOf(text: string | null): Pick<Limits, 'requestsPerMinute' | 'tokensPerMinute'> {
  const read = (unit: string): number | null => {
    const found = new RegExp(`([\\d.,]+)\\s*([kKmM]?)\\s*(?:${unit})`, 'i').exec(text ?? '')
    if (!found) return null
    const scale = { k: 1e3, m: 1e6 }[found[2]!.toLowerCase()] ?? 1
    const count = Number(found[1]!.replaceAll(',', '')) * scale
    return Number.isFinite(count) && count > 0 ? count : null
  }
  return {
    requestsPerMinute: read('rpm|requests?\\s*(?:/|per)\\s*min'),
    tokensPerMinute: read('tpm|tokens?\\s*(?:/|per)\\s*min'),
  }
}
