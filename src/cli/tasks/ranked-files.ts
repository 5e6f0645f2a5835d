// Files of tries and what is asked of them → the ranking, the files that a report is written to, and what a gate says of it.

import type { Attempt } from '../../core/decide/quality/attempt.ts'
import type { Gated } from '../../core/decide/quality/gate.ts'
import { type RankingsChoices, rankings } from '../../core/decide/quality/rankings.ts'
import { spentCollector } from '../../core/decide/quality/spent.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { judgedText } from '../../report/judged-text.ts'
import { rankingNotes } from '../../report/ranking-notes.ts'
import { type RankingToShow, rankingText, replacementLines, turningLines } from '../../report/ranking-text.ts'
import { sameCommand } from '../again.ts'
import type { CommandFrame } from '../command.ts'
import { terminalColumns } from '../output.ts'
import { type GateFlags, gatedAgainst, gateText } from './gate.ts'
import { type JudgedAnswer, judgedBy } from './judged-by.ts'
import { type Reading, type ReadTrials, readTrials } from './read-trials.ts'
import { needsAttempts, type ReportFlags, writeReportFiles } from './report-files.ts'

export interface RankAsked extends Omit<RankingsChoices, 'seed'> {
  readonly flags: ReportFlags & GateFlags
  readonly map?: Reading['map']
  readonly priceOf?: Reading['priceOf']
  /** A file of people's labels, or a run that was labelled. */
  readonly labels?: string
  /** What was tried, as a report calls it. */
  readonly name: string
  /** Of options of own servers: by what their tries were paid. */
  readonly amortized?: () => RankingToShow['amortized']
}

export interface RankedFiles {
  readonly answer: RankingToShow & { readonly gate: readonly Gated[]; readonly judged: JudgedAnswer | null }
  text(): string
  /** A condition of the gate fails beyond doubt. */
  readonly fails: boolean
}

/** @throws Fault those of `readTrials`, OPTION_UNKNOWN, CONDITION_INVALID, FLAG_MISSING, CANNOT_WRITE */
export async function rankedFiles(
  files: readonly string[],
  asked: RankAsked,
  frame: CommandFrame,
): Promise<RankedFiles> {
  const { data, seed, color } = frame.globals()
  const { flags, map = {}, priceOf, name, amortized, labels, ...choices } = asked
  const attempts: Attempt[] = []
  const spent = spentCollector()
  const onAttempt = (attempt: Attempt): void => {
    spent.add(attempt)
    if (needsAttempts(flags)) attempts.push(attempt)
  }
  const reading: Reading = { map, data, frame, ...(priceOf === undefined ? {} : { priceOf }) }
  const read = await readTrials(files, { ...reading, onAttempt })
  checkName(choices.baseline ?? null, '--baseline', read)
  for (const { stages } of choices.cascades ?? []) for (const stage of stages) checkName(stage, '--cascade', read)
  frame.output.progress('drawing tasks again')
  const ranked = rankings(read.table, read.sums, { ...choices, seed })
  const gate = await gatedAgainst(files, flags, { ranked, reading, choices: { ...choices, seed } })
  frame.output.progress(null)
  const judged = labels === undefined ? null : await judgedBy(labels, read.table, choices.bars, frame)
  const answer = { ...ranked, rows: read.rows, amortized: amortized?.() ?? [], gate, judged }
  await writeReportFiles(flags, {
    name,
    attempts,
    spent: spent.spent(),
    bars: ranked.bars,
    facts: [factsOf(answer)],
    pairs: [...turningLines(answer), ...replacementLines(answer)].map(line => line.trim()),
    notes: rankingNotes(answer),
    command: sameCommand(frame.words),
  })
  return {
    answer,
    text: () =>
      [
        rankingText(answer, { columns: terminalColumns(), color }),
        judged === null ? '' : judgedText(judged, terminalColumns()),
        gateText(gate, terminalColumns()),
      ]
        .filter(text => text !== '')
        .join('\n\n'),
    fails: gate.some(({ judgement }) => judgement === 'fails'),
  }
}

/** "225 tasks, 8 options, 1,800 tries". */
function factsOf({ tasks, bars, rows }: RankingToShow): string {
  const options = bars[0]!.ranking.length
  return `${many(tasks, 'task')}, ${many(options, 'option')}, ${many(rows.read - rows.rejected - rows.repeated, 'row')}`
}

function checkName(asked: string | null, flag: string, { table, sums }: ReadTrials): void {
  const names = [...(table?.options ?? []), ...sums].map(({ option }) => option)
  if (asked === null || names.includes(asked)) return
  const near = nearestName(asked, names)
  throw new Fault('OPTION_UNKNOWN', `no row is of an option "${asked}"`, {
    where: flag,
    fix: near === null ? `give one of ${names.slice(0, 5).join(', ')}` : `did you mean "${near}"?`,
  })
}
