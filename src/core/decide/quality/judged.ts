// What a judge said of an option's tries, and people of some of them, in; the option's pass rate as people would have found it, beside the raw one, out.
import { type Interval, wilson, Z95 } from '../../statistics/interval.ts'
import { correctedRate, predictionPowered } from '../../statistics/judged.ts'
import { keyOfTry, type SettledLabels } from './labels.ts'
import type { OptionTrials, TrialTable } from './trial-table.ts'

/** The interval that more labels are counted for: five points to each side. */
const wantedHalfWidth = 0.05

interface RateWithInterval extends Interval {
  readonly value: number
}

export interface JudgedOption {
  readonly option: string
  /** Tries that its graders passed or failed. */
  readonly tries: number
  readonly labelled: number
  /** What the graders say, as if they never erred (Wilson). */
  readonly raw: RateWithInterval | null
  /** Of what people passed, the share that the graders pass; of what they failed, the share that these fail (Wilson). */
  readonly sensitivity: RateWithInterval | null
  readonly specificity: RateWithInterval | null
  /** By PPI++: right on average whatever the judge is worth, if the labelled tries were drawn at random. */
  readonly corrected: (RateWithInterval & { readonly lambda: number }) | null
  /** By the judge's own errors (Rogan & Gladen); null where `refused` says why. */
  readonly roganGladen: RateWithInterval | null
  readonly refused: string | null
  /** Labels that would narrow `corrected` to five points to each side; null = not even all would, or none is there yet. */
  readonly moreLabels: number | null
}

/** Each option by itself: a judge that favours one of them is not as right on all. */
export function judgedOptions(table: TrialTable, labels: SettledLabels): readonly JudgedOption[] {
  return table.options.map(trials => judgedOption(trials, table, labels))
}

function judgedOption({ option, trials }: OptionTrials, { tasks }: TrialTable, { words }: SettledLabels): JudgedOption {
  const people: number[] = []
  const judge: number[] = []
  const unlabelled: number[] = []
  for (const [place, ofTask] of trials) {
    for (const { attempt, passed } of ofTask) {
      if (passed === null) continue
      const said = words.get(keyOfTry({ option, task: tasks[place]!.task, attempt })) ?? null
      if (said === null) unlabelled.push(passed ? 1 : 0)
      else {
        people.push(said ? 1 : 0)
        judge.push(passed ? 1 : 0)
      }
    }
  }
  const count = (of: (person: number, i: number) => boolean): number => people.filter(of).length
  const truePassed = count(person => person === 1)
  const trueFailed = people.length - truePassed
  const agreedPassed = count((person, i) => person === 1 && judge[i] === 1)
  const agreedFailed = count((person, i) => person === 0 && judge[i] === 0)
  const tries = people.length + unlabelled.length
  const judgedPassed = [...judge, ...unlabelled].reduce((sum, pass) => sum + pass, 0)
  const powered = predictionPowered({ people, judge }, unlabelled)
  const gladen = correctedRate({ judged: tries, judgedPassed, truePassed, agreedPassed, trueFailed, agreedFailed })
  const isRefused = 'refused' in gladen
  return {
    option,
    tries,
    labelled: people.length,
    raw: wilson(judgedPassed, tries),
    sensitivity: wilson(agreedPassed, truePassed),
    specificity: wilson(agreedFailed, trueFailed),
    corrected: powered && { value: powered.value, low: powered.low, high: powered.high, lambda: powered.lambda },
    roganGladen: isRefused ? null : { value: gladen.value, low: gladen.low, high: gladen.high },
    refused: isRefused ? gladen.refused : null,
    moreLabels: powered && labelsNeeded(powered, unlabelled.length, people.length),
  }
}

/** n of residual ÷ n + what the judge's part leaves ≤ (half ÷ z)²; null where not even a label on every try would do. */
function labelsNeeded(
  { residual, ofJudge }: { readonly residual: number; readonly ofJudge: number },
  unlabelled: number,
  labelled: number,
): number | null {
  const allowed = (wantedHalfWidth / Z95) * (wantedHalfWidth / Z95)
  if (ofJudge >= allowed) return null
  const needed = Math.max(0, Math.ceil(residual / (allowed - ofJudge)) - labelled)
  return needed > unlabelled ? null : needed
}
