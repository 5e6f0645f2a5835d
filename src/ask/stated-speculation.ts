// "3:0.7:llama-3.1-8b" → tokens guessed ahead, how often a guess holds, and the model that makes them.
import { modelById } from '../catalog/facts.ts'
import { Fault } from '../core/fault/fault.ts'
import { checkSpeculation, type Speculation } from '../core/serving/hardware/speculation.ts'

export const speculationForm = 'TOKENS:ACCEPTANCE[:DRAFT]'

/**
 * Without a draft's name, or with `head`, guesses come from one more layer of the model. Null = none are made.
 * @throws Fault SPECULATION_INVALID, MODEL_UNKNOWN
 */
export function statedSpeculation(text: string | null | undefined): Speculation | undefined {
  if (text === null || text === undefined) return undefined
  const [, tokens, acceptance, draft = 'head'] = /^(\d+):([\d.]+)(?::(.+))?$/.exec(text.trim()) ?? []
  if (tokens === undefined || !Number.isFinite(Number(acceptance))) {
    throw new Fault('SPECULATION_INVALID', `"${text}" does not read as ${speculationForm}`, {
      where: 'speculation',
      fix: 'for example 3:0.7 (three tokens ahead, each of which holds in 7 of 10 cases if those before it did)',
    })
  }
  const speculation: Speculation = {
    draftTokens: Number(tokens),
    acceptance: Number(acceptance),
    draft: draft === 'head' ? 'head' : modelById(draft),
  }
  checkSpeculation(speculation)
  return speculation
}
