// People's labels beside a table of tries → each option's pass rate as people would find it, and how far they agree.
import { type JudgedOption, judgedOptions } from '../../core/decide/quality/judged.ts'
import { keyOfTry, type SettledLabels, settledLabels } from '../../core/decide/quality/labels.ts'
import type { TrialTable } from '../../core/decide/quality/trial-table.ts'
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { printed } from '../../core/statistics/estimate.ts'
import type { CommandFrame } from '../command.ts'
import { readLabels } from './read-labels.ts'

/** Whether the corrected rate clears a bar: by both ends of its interval. */
export interface BarAsPeopleSay {
  readonly bar: number
  readonly meetsBar: 'yes' | 'no' | 'unclear'
}

export interface JudgedAnswer {
  readonly options: readonly (JudgedOption & { readonly bars: readonly BarAsPeopleSay[] })[]
  readonly raters: readonly string[]
  readonly agreements: SettledLabels['agreements']
  /** Labelled tries that the table does not hold. */
  readonly unmatched: number
  readonly rejected: number
}

/** @throws Fault those of `readLabels`; LABELS_UNUSABLE where rows are sums, or no label is of a try that is ranked */
export async function judgedBy(
  named: string,
  table: TrialTable | null,
  bars: readonly number[],
  frame: CommandFrame,
): Promise<JudgedAnswer> {
  const { labels, rejected, firstProblem } = await readLabels(named, frame.globals().data)
  if (firstProblem !== null) frame.output.note(`${many(rejected, 'label')} left out; the first is ${firstProblem}`)
  if (table === null) {
    throw new Fault('LABELS_UNUSABLE', 'the ranked rows are sums: no label can be matched to them', {
      where: '--labels',
      fix: 'rank tries, one a row',
    })
  }
  const settled = settledLabels(labels)
  const known = new Set(
    table.options.flatMap(({ option, trials }) =>
      [...trials].flatMap(([place, ofTask]) =>
        ofTask.map(({ attempt }) => keyOfTry({ option, task: table.tasks[place]!.task, attempt })),
      ),
    ),
  )
  const unmatched = [...settled.words.keys()].filter(key => !known.has(key)).length
  if (settled.words.size > 0 && unmatched === settled.words.size) {
    throw new Fault('LABELS_UNUSABLE', 'no label is of a try that is ranked', {
      where: '--labels',
      fix: 'its option, task and attempt must be those of the ranked rows',
    })
  }
  const { raters, agreements } = settled
  return {
    options: printed(
      judgedOptions(table, settled).map(one => ({ ...one, bars: bars.map(bar => asPeopleSay(one, bar)) })),
    ),
    raters,
    agreements: printed(agreements),
    unmatched,
    rejected,
  }
}

function asPeopleSay({ corrected }: JudgedOption, bar: number): BarAsPeopleSay {
  if (corrected === null) return { bar, meetsBar: 'unclear' }
  return { bar, meetsBar: corrected.low >= bar ? 'yes' : corrected.high < bar ? 'no' : 'unclear' }
}
