// The lines of a batch's results, taken apart by each seller's format, in; calls at the batch price, out. Answers are read as `meter` reads them.
import { Fault } from '../core/fault/fault.ts'
import { noUnits, noUsage } from '../core/meter/usage.ts'
import { type Reading, startReading } from '../wire/reading.ts'
import type { Wire } from '../wire/wire.ts'
import type { Content, Head, ImportOptions } from './importer.ts'
import { firstRecords, logged } from './logged.ts'
import { type Logged, oneCall } from './logged-call.ts'
import type { Json } from './pages.ts'

export interface BatchLine {
  /** What the caller named it. */
  readonly key: string | null
  /** The line's own id, where the answer has none. */
  readonly id: string | null
  /** How its answer is read; null: it has none. */
  readonly answer: { readonly wire: Wire; readonly body: Json } | null
  readonly failed: boolean
  readonly provider: string
  readonly atMicros: number | null
}

const notes = [
  'priced at the batch tier; a line that failed, was canceled or expired is a failed call of no tokens, which no seller bills',
  "the caller's own id of a line is its task",
]

/**
 * Calls of a file of results. A line that failed names no model, and some no time: they are taken to be those of the line
 * before, or of the first that has them. @throws Fault TIME_UNKNOWN when neither the file nor --start says when the batch ran
 */
export function batchResults(
  head: Head,
  options: ImportOptions,
  lineOf: (record: Json) => BatchLine,
  ...own: readonly string[]
): Content {
  const first = firstRecords(head).map(lineOf)
  let { model } = first.map(line => answerOf(line, line.provider)).find(read => read?.model != null) ?? { model: null }
  const timed = first.find(line => line.atMicros !== null)
  let atMicros = options.startMicros ?? timed?.atMicros ?? null
  if (atMicros === null) {
    throw new Fault('TIME_UNKNOWN', 'the results do not say when they were made', {
      where: head.name,
      fix: 'say when the batch ran: --start 2026-11-20T10:00:00Z',
    })
  }
  const unnamed = new Map<string, number>()
  /** Keys are the caller's own and come again in the next batch; lines without one may come at one time. */
  const madeId = (key: string | null, at: number): string => {
    const id = `${key ?? ''}@${at}`
    const turn = unnamed.get(id) ?? 0
    unnamed.set(id, turn + 1)
    return turn === 0 ? id : `${id}~${turn}`
  }

  function call(line: BatchLine): Logged {
    const provider = options.provider ?? line.provider
    const read = answerOf(line, provider)
    const served = line.failed ? null : read
    const at = line.atMicros ?? options.startMicros ?? atMicros!
    const assumed = [
      ...(read?.model == null && model !== null
        ? ['without a model of its own: taken for that of the line before']
        : []),
      ...(line.atMicros === null
        ? ['without a time of its own: taken for that of --start, or of the line before']
        : []),
    ]
    atMicros = at
    model = read?.model ?? model
    return {
      call: {
        id: read?.id ?? line.id ?? madeId(line.key, at),
        atMicros: at,
        provider,
        model,
        tier: 'batch',
        region: read?.region ?? null,
        usage: served?.usage ?? noUsage,
        units: served?.units ?? noUnits,
        outcome: served === null ? 'failed' : 'ok',
        attribution: { task: line.key },
        reportedUsd: read?.reportedUsd ?? null,
      },
      assumed,
    }
  }
  return logged(head, [...notes, ...own], record => {
    const line = lineOf(record)
    return oneCall(line.key ?? line.id, () => call(line))
  })
}

function answerOf({ answer }: BatchLine, provider: string): Reading | null {
  if (answer === null) return null
  const reading = startReading(answer.wire, { stream: false, provider })
  reading.push(Buffer.from(JSON.stringify(answer.body)))
  return reading.end()
}
