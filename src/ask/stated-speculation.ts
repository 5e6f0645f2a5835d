// "3:0.7:llama-3.1-8b" → tokens guessed ahead, how often a guess holds, and the model that makes them.
import { modelById } from '../catalog/facts.ts'
import { tokenizerOf } from '../catalog/tokenizers.ts'
import { Fault } from '../core/fault/fault.ts'
import type { Model } from '../core/serving/hardware/model.ts'
import { checkSpeculation, type Speculation } from '../core/serving/hardware/speculation.ts'

const form = 'TOKENS:ACCEPTANCE[:DRAFT]'
const where = 'speculation'

/**
 * Without a draft's name, or with `head`, guesses come from one more layer of the model. Null = none are made.
 * @param model whose tokens are guessed, by its id in the catalog
 * @throws Fault SPECULATION_INVALID, MODEL_UNKNOWN, DRAFT_UNFIT
 */
export function statedSpeculation(text: string | null | undefined, model: string): Speculation | undefined {
  if (text === null || text === undefined) return undefined
  const [, tokens, acceptance, draft = 'head'] = /^(\d+):([\d.]+)(?::(.+))?$/.exec(text.trim()) ?? []
  if (tokens === undefined || !Number.isFinite(Number(acceptance))) {
    throw new Fault('SPECULATION_INVALID', `"${text}" does not read as ${form}`, {
      where,
      fix: 'for example 3:0.7 (three tokens ahead, each of which holds in 7 of 10 cases if those before it did)',
    })
  }
  const speculation: Speculation = {
    draftTokens: Number(tokens),
    acceptance: Number(acceptance),
    draft: draft === 'head' ? 'head' : draftFor(modelById(model), modelById(draft, where)),
  }
  checkSpeculation(speculation)
  return speculation
}

/** A draft speaks the model's tokens, and costs less than what it is to spare. @throws Fault DRAFT_UNFIT */
function draftFor(model: Model, draft: Model): Model {
  const [ours, its] = [tokenizerOf(model.id), tokenizerOf(draft.id)]
  // Lines of one tokenizer pad their vocabulary to unlike sizes; of others the size is what servers compare.
  const isAlike = ours !== null && its !== null ? ours === its : model.vocab === draft.vocab
  if (!isAlike) {
    throw new Fault('DRAFT_UNFIT', `${draft.id} has other tokens than ${model.id}: what it guesses cannot be checked`, {
      where,
      fix: 'name a smaller model of the same family, or leave the draft out for one more layer',
    })
  }
  if (draft.totalParams < model.totalParams) return draft
  throw new Fault('DRAFT_UNFIT', `${draft.id} is no smaller than ${model.id}, whose tokens it is to guess`, {
    where,
    fix: 'name a smaller model of the same family, or leave the draft out for one more layer',
  })
}
