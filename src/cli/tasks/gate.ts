// `--fail-on` and the file of a baseline → what fails of a ranking, for build servers.
import type { Command } from 'commander'
import { conditionOf } from '../../core/decide/quality/condition.ts'
import { baselineName, type Gated, gateOf } from '../../core/decide/quality/gate.ts'
import { type Rankings, type RankingsChoices, rankings } from '../../core/decide/quality/rankings.ts'
import { Fault } from '../../core/fault/fault.ts'
import { gateLines } from '../../report/gate-text.ts'
import { type Reading, readTrials } from './read-trials.ts'

export interface GateFlags {
  readonly failOn?: readonly string[]
  readonly against?: string
}

export function declareGate(command: Command): Command {
  return command
    .optionsGroup('A gate, for build servers:')
    .option(
      '--fail-on <condition>',
      "exit 1 when this is so beyond doubt: 'usdPerSuccess>+10%', 'passRate<-2pp', 'passRate<80%' (repeatable)",
      (text, before: string[] = []) => [...before, text],
    )
    .option('--against <file>', 'tries of an earlier run, on the same tasks, that changes are counted from')
}

/**
 * What each condition says of each option. Changes are judged on pairs of tasks: the baseline's options are ranked beside
 * today's under names of their own.
 * @throws Fault CONDITION_INVALID, FLAG_MISSING, those of `readTrials`
 */
export async function gatedAgainst(
  files: readonly string[],
  { failOn = [], against }: GateFlags,
  told: { readonly ranked: Rankings; readonly reading: Reading; readonly choices: RankingsChoices },
): Promise<readonly Gated[]> {
  const conditions = failOn.map(conditionOf)
  const changed = conditions.find(condition => condition.of === 'change')
  if (changed !== undefined && against === undefined) {
    throw new Fault('FLAG_MISSING', `"${changed.text}" is a change, and nothing says from what`, {
      where: '--fail-on',
      fix: 'name the tries of an earlier run: --against baseline.jsonl',
    })
  }
  if (conditions.length === 0) return []
  const options = told.ranked.bars[0]!.ranking.map(({ option }) => option)
  if (against === undefined) return gateOf(conditions, told.ranked, options)
  const both = await readTrials([...files, against], {
    ...told.reading,
    optionName: (option, place) => (place === files.length ? baselineName(option) : option),
  })
  return gateOf(conditions, rankings(both.table, both.sums, { ...told.choices, by: null, baseline: null }), options)
}

export const gateText = (gated: readonly Gated[], columns: number): string => gateLines(gated, columns).join('\n')
