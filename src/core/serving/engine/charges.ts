// Steps of one replica → what share of their seconds each request took: prefill and decode, in O(1) a step and a request.

import type { StepTimer } from '../step/step-time.ts'
import type { Progress } from './progress.ts'

/**
 * How a step's seconds are split: attention goes to the request whose context is read; of the rest, what a step of one token
 * takes (reading the weights, the host) is shared alike by the requests of the step, and what its tokens take beyond that by
 * token. A sequence that decodes has one. So the shares of a step sum to it, and those of a run to its busy seconds (law 3).
 */
export interface ChargeBook {
  /** A prompt in the step that is being put together. */
  readonly prompt: (id: number, tokens: number, attention: number) => void
  /** That step ran: `tokens` in all, `decoding` of them one each for sequences that decode. */
  readonly mixed: (seconds: number, attention: number, tokens: number, decoding: number) => void
  /** Steps of so many sequences that only decode. */
  readonly decode: (steps: number, sequences: number) => void
  readonly join: (id: number, step: number) => void
  /** The sequence decodes no more, or is looked at: its cached context is what the last step left. */
  readonly settle: (id: number, step: number, context: number) => void
}

/** Null where nobody asked for charges. They are in GPU-seconds, of `gpus` GPUs a replica. */
export function createChargeBook(timer: StepTimer, gpus: number, progress: Progress): ChargeBook | null {
  const { charges, onceSeconds } = progress
  if (charges === null) return null
  const { prefillGpuSeconds, decodeGpuSeconds, chargedBefore, joinedAtStep } = charges
  const perToken = timer.contextTokenSeconds
  const alone = timer.decode(1)
  // What every sequence that decodes has been charged so far, without attention.
  const each = new Float64Array(1)
  const ids: number[] = []
  const tokens: number[] = []
  const attentions: number[] = []
  return {
    prompt: (id, count, attention) => {
      ids.push(id)
      tokens.push(count)
      attentions.push(attention)
    },
    mixed: (seconds, attention, all, decoding) => {
      const rest = seconds - attention
      // A step of empty prompts alone has no token to go by.
      const fixed = (all > 0 ? Math.min(rest, alone) : rest) / (decoding + ids.length)
      const perTokenOfStep = all > 0 ? Math.max(0, rest - alone) / all : 0
      if (decoding > 0) each[0] = each[0]! + fixed + perTokenOfStep
      for (let i = 0; i < ids.length; i++) {
        const id = ids[i]!
        prefillGpuSeconds[id] = prefillGpuSeconds[id]! + gpus * (attentions[i]! + fixed + tokens[i]! * perTokenOfStep)
      }
      ids.length = tokens.length = attentions.length = 0
    },
    decode: (steps, sequences) => {
      each[0] = each[0]! + (steps * timer.decode(sequences)) / sequences
    },
    join: (id, step) => {
      chargedBefore[id] = each[0]!
      joinedAtStep[id] = step
    },
    settle: (id, step, context) => {
      const steps = step - joinedAtStep[id]!
      // Its contexts were context, context − 1, …: one for each step.
      const attention = steps * (perToken * (context - (steps - 1) / 2) + onceSeconds[id]!)
      decodeGpuSeconds[id] = decodeGpuSeconds[id]! + gpus * (each[0]! - chargedBefore[id]! + attention)
      chargedBefore[id] = each[0]!
      joinedAtStep[id] = step
    },
  }
}
