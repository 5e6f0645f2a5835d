// promptfoo's results (`promptfoo eval -o results.json` or `.jsonl`) in; a try for each of its rows, repeats as further tries, out.
import { createHash } from 'node:crypto'
import { many } from '../../core/fault/many.ts'
import { countOf, type Fields, fieldsOf, isFields, listOf, numberOf, settingsOf, textOf } from './fields.ts'
import { servedBy } from './served-by.ts'
import { usageOfTokens } from './tokens.ts'
import {
  costTold,
  microsOf,
  problemLine,
  type ResultsFormat,
  type ToldAttempt,
  type ToldCall,
  type ToldOption,
  type ToldReject,
  toldAttempt,
  toldResults,
} from './told.ts'

const isRow = (value: unknown): value is Fields =>
  isFields(value) && isFields(value.provider) && 'success' in value && ('testIdx' in value || 'testCase' in value)

interface Found {
  readonly rows: readonly { readonly line: number | null; readonly value: unknown }[]
  readonly document: Fields
}

function rowsIn(json: unknown, lines: readonly { line: number; value: unknown }[] | null): Found | null {
  if (lines?.some(({ value }) => isRow(value))) return { rows: lines, document: {} }
  const document = fieldsOf(json)
  // Version 3 nests results in results; version 2 has them one level up, beside a table.
  for (const list of [fieldsOf(document.results).results, document.results]) {
    if (Array.isArray(list) && list.some(isRow)) {
      return { rows: list.map(value => ({ line: null, value })), document }
    }
  }
  return null
}

export const promptfoo: ResultsFormat = {
  name: 'promptfoo',
  title: 'promptfoo results',
  matches: ({ json, lines }) => rowsIn(json, lines) !== null,
  read({ json, lines }, { passAt }) {
    const { rows, document } = rowsIn(json, lines) ?? { rows: [], document: {} }
    const inner = fieldsOf(document.results)
    const promptsAsked = new Set(rows.map(({ value }) => textOf(fieldsOf(fieldsOf(value).prompt).label)))
    const attempts: ToldAttempt[] = []
    const rejects: ToldReject[] = []
    const options = new Map<string, ToldOption>()
    const tally = { cached: 0, uncountedCaches: 0, graderErrors: 0 }
    for (const { line, value } of rows) {
      if (!isRow(value)) {
        rejects.push({ line, reason: 'not a row of results: it has no provider and success', raw: '' })
        continue
      }
      const option = optionOf(value, promptsAsked.size > 1)
      if (!options.has(option.name)) options.set(option.name, option)
      attempts.push(attemptOfRow(value, option, passAt, tally))
    }
    return toldResults({
      suite: textOf(fieldsOf(document.config).description) ?? textOf(document.evalId),
      atMicros: microsOf(fieldsOf(document.metadata).evaluationCreatedAt) ?? microsOf(inner.timestamp),
      options: [...options.values()],
      attempts,
      rejects,
      notes: notesOf(tally),
    })
  },
}

type Tally = { cached: number; uncountedCaches: number; graderErrors: number }

function notesOf({ cached, uncountedCaches, graderErrors }: Tally): string[] {
  const notes: string[] = []
  if (cached > 0) {
    notes.push(
      `${many(cached, 'answer')} came from promptfoo's own cache: they cost nothing then, did once, and how their tokens split is not told, so their cost is unknown`,
    )
  }
  if (uncountedCaches > 0) {
    notes.push(
      `${many(uncountedCaches, 'try', 'tries')} tell no prompt-cache use: OpenAI's prompts count as uncached, and what Anthropic read from or wrote to its cache is missing`,
    )
  }
  if (graderErrors > 0) {
    notes.push(`${many(graderErrors, 'try', 'tries')} whose judge gave no verdict: neither passed nor failed`)
  }
  return notes
}

function optionOf(row: Fields, hasManyPrompts: boolean): ToldOption {
  const provider = fieldsOf(row.provider)
  const id = textOf(provider.id) ?? 'unknown'
  const label = textOf(provider.label) ?? id
  const prompt = textOf(fieldsOf(row.prompt).label)
  const settings = Object.fromEntries(
    Object.entries(settingsOf(provider.config)).filter(([name]) => !/key|token$|secret|url|path/i.test(name)),
  )
  return {
    name: hasManyPrompts && prompt !== null ? `${label} · ${prompt.replace(/\s+/g, ' ').slice(0, 40)}` : label,
    ...servedBy(id),
    settings,
  }
}

function attemptOfRow(row: Fields, option: ToldOption, passAt: number, tally: Tally): ToldAttempt {
  const response = fieldsOf(row.response)
  const grading = fieldsOf(row.gradingResult)
  const isError = row.failureReason === 2 || (row.gradingResult === null && textOf(response.error) !== null)
  const isUngraded = !isError && graderFailed(grading)
  if (isUngraded) tally.graderErrors++
  const tokens = fieldsOf(isFields(response.tokenUsage) ? response.tokenUsage : row.tokenUsage)
  const fromCache = response.cached === true || ((countOf(tokens.cached) ?? 0) > 0 && countOf(tokens.prompt) === null)
  if (fromCache) tally.cached++
  const work = fromCache ? [] : workOf(tokens, option, tally)
  const isRefusal = response.isRefusal === true
  const score = numberOf(row.score)
  const tags = Object.entries(fieldsOf(row.namedScores)).flatMap(([name, value]) =>
    numberOf(value) === null ? [] : [`${name}=${(value as number) >= passAt ? 'pass' : 'fail'}`],
  )
  return toldAttempt({
    option: option.name,
    task: taskOf(row),
    passed: isError || isUngraded || typeof row.success !== 'boolean' ? null : row.success,
    score: isError || isUngraded || score === null ? null : Math.min(1, Math.max(0, score)),
    work,
    judging: judgingOf(row, grading),
    // `cost` of a row is 0 where nothing was known; only what the response says is a price.
    reportedUsd: fromCache ? null : (costTold(response.cost) ?? costTold(row.cost)),
    calls: countOf(tokens.numRequests) ?? (isError && work.length === 0 ? null : 1),
    seconds: numberOf(row.latencyMs) === null ? null : (row.latencyMs as number) / 1000,
    ended: isError
      ? /time[d ]?.?out/i.test(`${row.error}`)
        ? 'limited'
        : 'unavailable'
      : isRefusal
        ? 'refused'
        : 'answered',
    problem: isError || isUngraded ? problemLine(row.error ?? response.error ?? grading.reason) : null,
    tags,
    workload: textOf(fieldsOf(fieldsOf(row.testCase).metadata).workload),
  })
}

/** A judge that could not be reached or understood is counted as a failed assertion there: the answer was not judged. */
function graderFailed(grading: Fields): boolean {
  const parts = [grading, ...listOf(grading.componentResults).map(fieldsOf)]
  return parts.some(
    part =>
      fieldsOf(part.metadata).graderError === true ||
      /^(Could not extract JSON from|No output$|.*API (call )?error)/.test(textOf(part.reason) ?? ''),
  )
}

function workOf(tokens: Fields, option: ToldOption, tally: Tally): ToldCall[] {
  const details = fieldsOf(tokens.completionDetails)
  const cacheRead = countOf(details.cacheReadInputTokens)
  const cacheWrite = countOf(details.cacheCreationInputTokens)
  const usage = usageOfTokens({
    input: countOf(tokens.prompt),
    output: countOf(tokens.completion),
    total: countOf(tokens.total),
    cacheRead,
    cacheWrite,
    reasoning: countOf(details.reasoning),
    cachedBeside: option.provider === 'anthropic' || option.provider === 'aws' ? true : null,
  })
  if (usage === null || ((usage.input ?? 0) === 0 && (usage.output ?? 0) === 0)) return []
  if (cacheRead === null && cacheWrite === null) tally.uncountedCaches++
  return [{ provider: option.provider, model: option.model, usage, atMicros: null }]
}

/** Tokens that assertions took; whose, only an assertion that names its provider says. */
function judgingOf(row: Fields, grading: Fields): ToldCall[] {
  const tokens = fieldsOf(grading.tokensUsed)
  if ((countOf(tokens.total) ?? 0) === 0) return []
  const usage = usageOfTokens({
    input: countOf(tokens.prompt),
    output: countOf(tokens.completion),
    total: countOf(tokens.total),
    reasoning: countOf(fieldsOf(tokens.completionDetails).reasoning),
  })
  if (usage === null) return []
  const testCase = fieldsOf(row.testCase)
  const named = listOf(testCase.assert)
    .map(assertion => textOf(fieldsOf(assertion).provider) ?? textOf(fieldsOf(fieldsOf(assertion).provider).id))
    .filter(name => name !== null)
  const all = new Set([...named, ...[textOf(fieldsOf(testCase.options).provider)].filter(name => name !== null)])
  const judge = all.size === 1 ? servedBy([...all][0]!) : { provider: null, model: null }
  return [{ ...judge, usage, atMicros: null }]
}

/** A test case repeated has another testIdx and the same content: its content names it. */
function taskOf(row: Fields): string {
  const testCase = fieldsOf(row.testCase)
  const metadata = fieldsOf(testCase.metadata)
  const given = textOf(metadata.id) ?? textOf(metadata.test_id)
  if (given !== null) return given
  const vars = isFields(row.vars) ? row.vars : fieldsOf(testCase.vars)
  const told = JSON.stringify([textOf(testCase.description), vars, testCase.assert ?? null])
  const hash = createHash('sha256').update(told).digest('hex').slice(0, 8)
  const description = textOf(testCase.description)?.replace(/\s+/g, ' ').slice(0, 60)
  return description === undefined ? `test-${hash}` : `${description} (${hash})`
}
