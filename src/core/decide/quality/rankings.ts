// Tries, or published sums, and what is asked of them in; the ranking of all tasks and one for each tag, workload or cluster out.
import { printed } from '../../statistics/estimate.ts'
import { type RankChoices, type Ranking, rank } from './ranking.ts'
import { type OptionSums, type RankedSums, rankSums } from './sums.ts'
import { narrowed, type TaskOfTable, type TrialTable } from './trial-table.ts'

export interface RankingsChoices extends RankChoices {
  readonly by: keyof typeof slicesOf | null
}

export interface Slice extends Ranking {
  readonly key: string
}

export interface SumsAt {
  readonly bar: number | null
  readonly ranking: readonly RankedSums[]
  readonly best: string | null
}

export interface Rankings extends Omit<Ranking, 'bars'> {
  readonly bars: Ranking['bars'] | readonly SumsAt[]
  readonly slices: readonly Slice[]
  /** Tasks that carry no such tag, workload or cluster: in the whole, and in no slice. */
  readonly unsliced: number
}

const slicesOf = {
  tag: ({ tags }: TaskOfTable): readonly string[] => tags,
  workload: ({ workload }: TaskOfTable): readonly string[] => (workload === null ? [] : [workload]),
  cluster: ({ cluster }: TaskOfTable): readonly string[] => (cluster === null ? [] : [cluster]),
}

/** Sums alone have no pairs and no slices: nobody knows which tasks they share. */
export function rankings(table: TrialTable | null, sums: readonly OptionSums[], choices: RankingsChoices): Rankings {
  if (table === null) return sumsOnly(sums, choices)
  const whole = rank(table, choices)
  if (choices.by === null) return { ...whole, slices: [], unsliced: 0 }
  const of = slicesOf[choices.by]
  const keys = [...new Set(table.tasks.flatMap(of))].sort()
  return {
    ...whole,
    slices: keys.map(key => ({
      key,
      ...rank(
        narrowed(table, task => of(task).includes(key)),
        choices,
      ),
    })),
    unsliced: table.tasks.filter(task => of(task).length === 0).length,
  }
}

function sumsOnly(sums: readonly OptionSums[], { bars }: RankingsChoices): Rankings {
  const stated = bars.length === 0 ? [null] : bars
  return {
    bars: stated.map(bar => {
      const ranking = printed(rankSums(sums, bar))
      const best = ranking.find(({ meetsBar, usdPerSuccess }) => meetsBar === 'yes' && usdPerSuccess.value !== null)
      return { bar, ranking, best: best?.option ?? null }
    }),
    pairs: [],
    front: [],
    dominated: [],
    replacements: [],
    cascades: [],
    tasks: Math.max(0, ...sums.map(({ tasks }) => tasks)),
    sharedTasks: 0,
    draws: 0,
    slices: [],
    unsliced: 0,
  }
}
