// A run's tries → the same ranking that `tasks rank` makes of them.
import { type Rankings, rankings } from '../../core/decide/quality/rankings.ts'
import { rankingText } from '../../report/ranking-text.ts'
import type { CommandFrame } from '../command.ts'
import { terminalColumns } from '../output.ts'
import { readTrials } from './read-trials.ts'

export async function rankedRows(
  attempts: string,
  bars: readonly number[],
  frame: CommandFrame,
): Promise<{ readonly answer: Rankings; text(): string }> {
  const { data, color, seed } = frame.globals()
  const { table, sums, rows } = await readTrials([attempts], { map: {}, data, frame })
  const answer = { ...rankings(table, sums, { bars, by: null, seed }), rows }
  return { answer, text: () => rankingText(answer, { columns: terminalColumns(), color }) }
}
