// Files of results, read, in; their tries together, each with its option and number and each once, out.
import { many } from '../../core/fault/many.ts'
import type { ReadFile } from './read-results.ts'
import type { ToldAggregate, ToldAttempt, ToldOption } from './told.ts'

export type NumberedAttempt = ToldAttempt & { readonly option: string; readonly attempt: number }

export interface Collected {
  readonly attempts: readonly NumberedAttempt[]
  readonly options: readonly ToldOption[]
  readonly aggregates: readonly ToldAggregate[]
  readonly notes: readonly string[]
  /** When the earliest of the runs was made, UTC microseconds; null = no file says. */
  readonly atMicros: number | null
}

/**
 * Rows without a number are the n-th try of their task in the order of the files. Several SWE-bench files tell parts of one
 * try (a report its verdict, a trajectory its cost) and are joined; of any other tool a try that is told twice, word for
 * word, counts once, and one of the same number that differs is a further try: of another run.
 */
export function collected(files: readonly ReadFile[], option: string | null): Collected {
  const options = new Map<string, ToldOption>()
  const optionOf = namer(files, option)
  // Suites number their samples alike: with several, a task carries its suite's name.
  const hasSuites = new Set(files.map(({ results }) => results.suite)).size > 1
  const byKey = new Map<string, NumberedAttempt>()
  const told = new Map<string, Set<string>>()
  const taken = { again: 0, further: 0 }
  for (const file of files) {
    const inFile = new Map<string, number>()
    for (const one of file.results.options) {
      const name = option ?? one.name
      if (!options.has(name)) options.set(name, { ...one, name })
    }
    for (const one of file.results.attempts) {
      const { suite } = file.results
      const task = hasSuites && suite !== null ? `${suite}/${one.task}` : one.task
      const named = { ...one, task, option: optionOf(one, file) }
      const group = keyOf(named.option, named.task, 0)
      if (file.format === 'swe-bench') {
        const nth = (inFile.get(group) ?? 0) + 1
        inFile.set(group, nth)
        const key = keyOf(named.option, named.task, nth)
        const before = byKey.get(key)
        byKey.set(key, { ...(before === undefined ? named : both(before, named)), attempt: nth })
        continue
      }
      const content = JSON.stringify(named, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value))
      const known = told.get(group) ?? new Set<string>()
      told.set(group, known)
      // Without a number, rows alike within one file are tries that ended alike; in another file they are the same file's.
      const mark = one.attempt === null ? `${content}#${nextOf(inFile, content)}` : content
      if (known.has(mark)) {
        taken.again++
        continue
      }
      known.add(mark)
      let attempt = named.attempt ?? 1
      if (named.attempt !== null && byKey.has(keyOf(named.option, named.task, attempt))) taken.further++
      while (byKey.has(keyOf(named.option, named.task, attempt))) attempt++
      byKey.set(keyOf(named.option, named.task, attempt), { ...named, attempt })
    }
  }
  for (const { option: name } of byKey.values()) {
    if (!options.has(name)) options.set(name, { name, provider: null, model: null, settings: {} })
  }
  const times = files.flatMap(({ results }) => results.atMicros ?? [])
  return {
    attempts: [...byKey.values()],
    options: [...options.values()],
    aggregates: files.flatMap(({ results }) => results.aggregates),
    notes: [
      ...new Set(files.flatMap(({ results }) => results.notes)),
      ...(taken.again > 0 ? [`${many(taken.again, 'try', 'tries')} told again, word for word: counted once`] : []),
      ...(taken.further > 0
        ? [
            `${many(taken.further, 'try', 'tries')} of a number that was taken, and different: further tries of their tasks`,
          ]
        : []),
    ],
    atMicros: times.length === 0 ? null : Math.min(...times),
  }
}

const keyOf = (option: string, task: string, attempt: number): string => JSON.stringify([option, task, attempt])

function nextOf(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1
  counts.set(key, next)
  return next
}

/** What a file does not say is said by `--option`, by the one option that the other files name, or by the file's own name. */
function namer(files: readonly ReadFile[], option: string | null): (one: ToldAttempt, file: ReadFile) => string {
  const named = new Set(files.flatMap(({ results }) => results.attempts.flatMap(one => one.option ?? [])))
  const only = named.size === 1 ? [...named][0]! : null
  return (one, file) =>
    one.option ?? option ?? only ?? file.results.options[0]?.name ?? file.name.replace(/(\.traj)?\.\w+(\.gz)?$/, '')
}

function both(a: NumberedAttempt, b: ToldAttempt): NumberedAttempt {
  return {
    ...a,
    passed: a.passed ?? b.passed,
    work: a.work.length > 0 ? a.work : b.work,
    reportedUsd: a.reportedUsd ?? b.reportedUsd,
    calls: a.calls ?? b.calls,
    seconds: a.seconds ?? b.seconds,
    atMicros: a.atMicros ?? b.atMicros,
    ended: a.ended === 'answered' ? b.ended : a.ended,
    problem: a.problem ?? b.problem,
  }
}
