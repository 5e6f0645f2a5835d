// A run's tries → the same ranking that `tasks rank` makes of them.
import { type Ranking, rank } from '../../core/decide/quality/ranking.ts'
import { rankingText } from '../../report/ranking-text.ts'
import type { CommandFrame } from '../command.ts'
import { terminalColumns } from '../output.ts'
import { readTrials } from './read-trials.ts'

export async function rankedRows(
  attempts: string,
  bars: readonly number[],
  frame: CommandFrame,
): Promise<{ readonly answer: Ranking; text(): string }> {
  const { data, color } = frame.globals()
  const { table } = await readTrials([attempts], { map: {}, data, frame })
  const answer = rank(table, bars)
  return { answer, text: () => rankingText(answer, { columns: terminalColumns(), color }) }
}
