// Counts as a record tells them, some inside others or beside them, in; the usage whose kinds are disjoint, and what was assumed, out.
import { type Usage, unknownUsage } from '../../core/meter/usage.ts'
import type { ToldKind } from './usage-names.ts'

/** Null is not told. */
export interface ToldUsage extends Readonly<Record<ToldKind, number | null>> {
  readonly cacheWrite5m: number | null
  readonly cacheWrite1h: number | null
  /** Whether whoever tells it is known to leave cached tokens out of `input`; null: not known. */
  readonly cachedBeside: boolean | null
}

/** What is said of a usage where its counts fit both readings. */
export const cachedAssumed =
  'cached tokens were taken to be inside the prompt, as the conventions say: its counts would fit both ways'

/**
 * The parts add up to what was told: cached tokens are beside the prompt where they exceed it or the total says so, else
 * where the sender is known for it, else inside; reasoning likewise of the answer. A kind that is not told is 0 where the
 * whole that would hold it is known.
 */
export function usageOf(told: ToldUsage): { readonly usage: Usage; readonly assumed: string | null } {
  const { input, output, reasoning } = told
  const cacheRead = told.cacheRead ?? 0
  const cacheWrite = told.cacheWrite ?? 0
  const cached = cacheRead + cacheWrite
  const { isBeside, isAssumed } = placeOfCached(told, cached)
  const whole = input === null ? null : isBeside ? input + cached : input
  const uncached = told.fresh ?? (whole === null ? null : Math.max(0, whole - cached))
  // What cached sound and pictures were read as is not told: they are in the cached tokens then.
  const inputAudio = within(told.inputAudio, uncached)
  const inputImage = within(told.inputImage, uncached === null ? null : uncached - inputAudio)

  const answer = output === null ? null : answerOf(told, output, whole)
  const outputAudio = within(told.outputAudio, answer)
  const outputImage = within(told.outputImage, answer === null ? null : answer - outputAudio)
  const text = answer === null ? null : answer - outputAudio - outputImage

  const parts = ttlParts(told, cacheWrite)
  const usage: Usage = {
    ...unknownUsage,
    input: uncached === null ? null : uncached - inputAudio - inputImage,
    cacheRead: whole === null && told.cacheRead === null ? null : cacheRead,
    cacheWrite: whole === null && told.cacheWrite === null ? null : cacheWrite,
    ...parts,
    inputAudio: whole === null ? told.inputAudio : inputAudio,
    inputImage: whole === null ? told.inputImage : inputImage,
    output: text,
    reasoning: reasoning === null || text === null ? reasoning : Math.min(reasoning, text),
    outputAudio: answer === null ? told.outputAudio : outputAudio,
    outputImage: answer === null ? told.outputImage : outputImage,
    searches: 0,
  }
  return { usage, assumed: isAssumed ? cachedAssumed : null }
}

function placeOfCached(told: ToldUsage, cached: number): { readonly isBeside: boolean; readonly isAssumed: boolean } {
  const { input, output, total, fresh, reasoning, cachedBeside } = told
  const sure = (isBeside: boolean) => ({ isBeside, isAssumed: false })
  if (input === null || cached === 0) return sure(false)
  if (fresh !== null) return sure(input === fresh)
  if (cached > input) return sure(true)
  if (total !== null && output !== null) {
    const answers = [output, output + (reasoning ?? 0)]
    // A total of prompt and answer alone says nothing: some add it up themselves, of what they happen to have.
    const saysInside = answers.some(answer => total === input + answer)
    if (!saysInside && answers.some(answer => total === input + cached + answer)) return sure(true)
  }
  return cachedBeside === null ? { isBeside: false, isAssumed: true } : sure(cachedBeside)
}

/** All that was generated: reasoning is in the output, but where it exceeds it or the total says otherwise. */
function answerOf({ reasoning, total }: ToldUsage, output: number, prompt: number | null): number {
  if (reasoning === null || reasoning === 0) return output
  const isBeside = reasoning > output || (total !== null && prompt !== null && total === prompt + output + reasoning)
  return isBeside ? output + reasoning : output
}

const within = (part: number | null, whole: number | null): number => Math.min(part ?? 0, whole ?? 0)

/** Writes by time to live, where they fit into all writes: a split of other writes splits nothing. */
function ttlParts({ cacheWrite5m, cacheWrite1h }: ToldUsage, cacheWrite: number): Partial<Usage> {
  const [short, long] = [cacheWrite5m ?? 0, cacheWrite1h ?? 0]
  if (cacheWrite === 0) return { cacheWrite5m: 0, cacheWrite1h: 0, cacheWrite30m: 0, cacheWrite12h: 0 }
  if (short + long !== cacheWrite) return {}
  return { cacheWrite5m: short, cacheWrite1h: long, cacheWrite30m: 0, cacheWrite12h: 0 }
}
