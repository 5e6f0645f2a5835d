// Counts of a prompt and an answer with parts that some writers count in them and others beside them in; what is left without the parts, out.

export interface Parted {
  /** As told, with or without the parts. */
  readonly whole: number
  readonly parts: number
}

export interface Parting {
  readonly inside: boolean
  /** Without the parts. */
  readonly rest: number
  /** Whether a total or the size decided, and not the convention that was expected. */
  readonly isSure: boolean
}

/**
 * Decides by arithmetic whether the parts of a prompt and of an answer stand in them or beside them, so that nothing is
 * counted twice (law 1): parts larger than the whole are beside it; else the reading whose sum is the total; else what is
 * `expected`.
 */
export function partedBy(
  total: number | null,
  prompt: Parted,
  answer: Parted,
  expected: { readonly prompt: boolean; readonly answer: boolean },
): { readonly prompt: Parting; readonly answer: Parting } {
  const fits = ({ whole, parts }: Parted) => parts <= whole
  const sum = (promptInside: boolean, answerInside: boolean) =>
    prompt.whole + (promptInside ? 0 : prompt.parts) + answer.whole + (answerInside ? 0 : answer.parts)
  const ways = [true, false]
    .flatMap(inPrompt => [true, false].map(inAnswer => ({ prompt: inPrompt, answer: inAnswer })))
    .filter(way => (!way.prompt || fits(prompt)) && (!way.answer || fits(answer)))
  const summed = total === null ? [] : ways.filter(way => sum(way.prompt, way.answer) === total)
  const possible = summed.length > 0 ? summed : ways
  const parted = (of: Parted, side: 'prompt' | 'answer'): Parting => {
    const seen = new Set(possible.map(way => way[side]))
    const inside = seen.size === 1 ? possible[0]![side] : expected[side]
    return { inside, rest: inside ? of.whole - of.parts : of.whole, isSure: of.parts === 0 || seen.size === 1 }
  }
  return { prompt: parted(prompt, 'prompt'), answer: parted(answer, 'answer') }
}
