// Files of other tools' results and what the command line says of them in; the run they are kept as, and an account of it, out.
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { loadPriceBook, type PriceBookOptions } from '../../catalog/price-book.ts'
import { rowOf } from '../../core/decide/quality/attempt-row.ts'
import { type TriedOption, triedOptionOf } from '../../core/decide/quality/tried-option.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { instant } from '../../core/meter/calendar.ts'
import { add, formatUsd, type Money, zero } from '../../core/meter/money.ts'
import { isOwnServer } from '../../core/meter/own-servers.ts'
import { groupedBy } from '../../core/statistics/grouped.ts'
import { type Collected, collected } from '../../intake/attempts/collected.ts'
import { type costSources, type PricedAttempt, pricedAttempts } from '../../intake/attempts/priced.ts'
import { type ReadFile, readResults } from '../../intake/attempts/read-results.ts'
import type { ToldOption } from '../../intake/attempts/told.ts'
import { namesApart, openRejects } from '../../intake/rejects.ts'
import { attemptsCsv } from '../../report/attempts-csv.ts'
import type { ImportedAggregate, ImportedOption, ImportedTasks } from '../../report/imported-tasks-text.ts'
import { keepRun, readKeptRun, runFolder } from '../../tasks/kept-run.ts'
import { writeFileOf } from '../written.ts'

export interface ImportAsked {
  readonly format: string | null
  readonly suite: string | null
  readonly option: string | null
  readonly scorer: string | null
  readonly passAt: number
  readonly map: Readonly<Record<string, string>>
  readonly at: string | null
  /** By option, what a reader says of it: weights by the catalog's id, and their number format. */
  readonly weights?: Readonly<Record<string, string>>
  readonly dtypes?: Readonly<Record<string, string>>
  readonly out: string | null
  readonly dataDir: string
  readonly prices: PriceBookOptions
}

/** The same files read in the same way are the same run: importing them again keeps nothing twice. */
export async function imported(paths: readonly string[], asked: ImportAsked): Promise<ImportedTasks> {
  const files = paths.map(path => readResults(path, asked.format, asked))
  const told = collected(files, asked.option)
  const book = loadPriceBook(asked.prices)
  const atNotes: string[] = []
  const stated = asked.at === null ? null : instant(asked.at, '--at')
  if (
    told.atMicros === null &&
    stated === null &&
    told.attempts.some(one => one.atMicros === null && one.work.length > 0)
  ) {
    atNotes.push(`no file says when the run was made: priced as of ${book.newestDate} (--at says it)`)
  }
  const madeAt = told.atMicros ?? stated
  const atMicros = madeAt ?? instant(book.newestDate, 'catalog')
  const priced = pricedAttempts(told.attempts, book, atMicros)
  const { rejected, rejectFile } = keepRejects(files, asked.dataDir)
  if (priced.length === 0 && told.aggregates.length === 0) {
    throw new Fault('NO_ATTEMPTS', 'the files tell of no tries', {
      where: paths.join(', '),
      fix: rejectFile === null ? 'check that they are results' : `see why in ${rejectFile}`,
    })
  }
  const suite = asked.suite ?? files.map(({ results }) => results.suite).find(name => name !== null) ?? 'imported'
  const run = runName(suite, files, asked)
  const notes = [...atNotes, ...told.notes]
  const aggregates = told.aggregates.map(aggregateOf)
  const catalogVersion = book.version
  const options = told.options.map(option => triedOption(option, asked))
  checkNames({ ...asked.weights, ...asked.dtypes }, options)
  const already = isKept(asked.dataDir, run, catalogVersion, options)
  const rows = priced.map(({ attempt }) => rowOf(attempt))
  const folder = already
    ? runFolder(asked.dataDir, run)
    : keepRun(
        asked.dataDir,
        {
          run,
          origin: 'import',
          suite,
          startedAt: madeAt === null ? null : new Date(madeAt / 1000).toISOString(),
          endedAt: null,
          bars: [],
          options,
          catalogVersion,
          notes,
          detail: {
            files: files.map(({ name, format, sha256 }) => ({ name, format, sha256 })),
            pricedAt: new Date(atMicros / 1000).toISOString(),
            cost: countsOf(priced),
            ...(aggregates.length > 0 ? { aggregates } : {}),
          },
        },
        rows,
      )
  const sums = aggregates.map(({ option, tasks, passed, reportedUsd }) => ({
    option,
    tasks,
    passes: passed,
    usd: reportedUsd,
  }))
  if (sums.length > 0) writeFileSync(join(folder, 'sums.jsonl'), linesOf(sums))
  if (asked.out !== null) {
    const isCsv = /\.csv$/i.test(asked.out)
    const isSums = rows.length === 0
    const text = isCsv
      ? isSums
        ? stringify(sums, { header: true })
        : attemptsCsv(priced.map(({ attempt }) => attempt))
      : linesOf(isSums ? sums : rows)
    await writeFileOf(asked.out, '--out', text)
  }
  return {
    run,
    folder,
    suite,
    files: files.map(({ name, format, title }) => ({ name, format, title })),
    attempts: priced.length,
    tasks: new Set(priced.map(({ attempt }) => attempt.task)).size,
    options: optionsOf(told, priced),
    aggregates,
    coverage: countsOf(priced),
    unpriced: reasonsOf(priced),
    rejected,
    rejectFile,
    already,
    notes,
  }
}

function runName(suite: string, files: readonly ReadFile[], { option, scorer, passAt, map }: ImportAsked): string {
  const said = JSON.stringify([
    files.map(({ sha256, format }) => [sha256, format]).sort(),
    suite,
    option,
    scorer,
    passAt,
    map,
  ])
  const slug = suite
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 40)
  return `import-${slug}-${createHash('sha256').update(said).digest('hex').slice(0, 8)}`
}

/** A run that was priced by another catalog is priced anew, and what is said of its options now holds. */
function isKept(dataDir: string, run: string, catalogVersion: string, options: readonly TriedOption[]): boolean {
  if (!existsSync(join(runFolder(dataDir, run), 'run.json'))) return false
  const kept = readKeptRun(dataDir, run)
  return kept.catalogVersion === catalogVersion && JSON.stringify(kept.options) === JSON.stringify(options)
}

/** @throws Fault OPTION_UNKNOWN for a name that no try has */
function checkNames(said: Readonly<Record<string, string>>, options: readonly TriedOption[]): void {
  const names = options.map(({ name }) => name)
  const wrong = Object.keys(said).find(name => !names.includes(name))
  if (wrong === undefined) return
  const near = nearestName(wrong, names)
  throw new Fault('OPTION_UNKNOWN', `no try is of an option "${wrong}"`, {
    where: '--weights, --dtype',
    fix: near === null ? `the files have ${names.slice(0, 5).join(', ')}` : `did you mean "${near}"?`,
  })
}

function keepRejects(files: readonly ReadFile[], dataDir: string): { rejected: number; rejectFile: string | null } {
  let rejected = 0
  let rejectFile: string | null = null
  const names = namesApart(files.map(({ name }) => name))
  for (const [at, { results }] of files.entries()) {
    const rejects = openRejects(dataDir, `tasks-${names[at]}`)
    for (const reject of results.rejects) rejects.add(reject)
    rejects.close()
    rejected += results.rejects.length
    rejectFile ??= rejects.path()
  }
  return { rejected, rejectFile }
}

/** No file tells at which precision or on which engine it ran: unknown, unless the reader says it. */
const triedOption = (
  { name, provider, model, settings }: ToldOption,
  { weights = {}, dtypes = {} }: Pick<ImportAsked, 'weights' | 'dtypes'>,
): TriedOption =>
  triedOptionOf({
    name,
    kind: isOwnServer(provider) ? 'self-host' : 'api',
    provider: isOwnServer(provider) ? null : provider,
    model,
    group: weights[name] ?? null,
    dtype: dtypes[name] ?? null,
    settings,
  })

function countsOf(priced: readonly PricedAttempt[]): Record<(typeof costSources)[number], number> {
  const count = (source: string) => priced.filter(one => one.source === source).length
  return { catalog: count('catalog'), reported: count('reported'), unknown: count('unknown') }
}

function optionsOf({ options }: Collected, priced: readonly PricedAttempt[]): ImportedOption[] {
  const tries = groupedBy(priced, ({ attempt }) => attempt.option)
  return options.flatMap(({ name, provider, model }): ImportedOption[] => {
    const own = tries.get(name)
    if (own === undefined) return []
    const passed = (verdict: boolean | null) => own.filter(({ attempt }) => attempt.passed === verdict).length
    return [
      {
        name,
        provider,
        model,
        tasks: new Set(own.map(({ attempt }) => attempt.task)).size,
        attempts: own.length,
        passed: passed(true),
        failed: passed(false),
        ungraded: passed(null),
        cost: countsOf(own),
        usd: formatUsd(own.reduce((sum: Money, { attempt }) => add(sum, attempt.usd ?? zero), zero)),
      },
    ]
  })
}

function reasonsOf(priced: readonly PricedAttempt[]): { reason: string; attempts: number }[] {
  const reasons = groupedBy(
    priced.filter(({ unpriced }) => unpriced !== null),
    ({ unpriced }) => unpriced!,
  )
  return [...reasons].map(([reason, own]) => ({ reason, attempts: own.length })).sort((a, b) => b.attempts - a.attempts)
}

const aggregateOf = ({
  option,
  date,
  tasks,
  passed,
  reportedUsd,
}: Collected['aggregates'][number]): ImportedAggregate => ({
  option,
  date,
  tasks,
  passed,
  reportedUsd: reportedUsd === null ? null : formatUsd(reportedUsd),
  usdPerSuccess: reportedUsd === null || passed === 0 ? null : Number(formatUsd(reportedUsd)) / passed,
})

const linesOf = (rows: readonly object[]): string => rows.map(row => `${JSON.stringify(row)}\n`).join('')
