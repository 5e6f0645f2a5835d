// What one record of a log tells in; the call that it is, the reason why it is none, or why it could not be read, out.
import { Fault } from '../core/fault/fault.ts'
import { type Attribution, nobody } from '../core/meter/call.ts'
import { noUsage, type Usage, unknownUsage } from '../core/meter/usage.ts'
import type { CallsOfRecord, ReadCall } from './importer.ts'

/** What a record must tell of a call; the rest is unknown unless told. */
export type LoggedCall = Pick<ReadCall, 'id' | 'atMicros' | 'usage' | 'outcome'> &
  Partial<Omit<ReadCall, 'attribution'>> & { readonly attribution?: Partial<Attribution> }

/** What a format makes of a record: a call, or the reason why it is no call to a model; `assumed` of the call. */
export type Logged = { readonly call: LoggedCall; readonly assumed?: readonly string[] } | { readonly leftOut: string }

/**
 * The calls of a record that holds one. A Fault that `read` throws makes it a reject that shows its `label` and nothing
 * else: records carry prompts.
 */
export function oneCall(label: string | null, read: () => Logged): CallsOfRecord {
  try {
    const logged = read()
    if ('leftOut' in logged) return { ...nothing, leftOut: [logged.leftOut] }
    return { ...nothing, calls: [wholeCall(logged.call)], assumed: logged.assumed ?? [] }
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    return { ...nothing, rejects: [{ reason: thrown.message, raw: label ?? '' }] }
  }
}

/** What several records of one document hold together. */
export const together = (all: readonly CallsOfRecord[]): CallsOfRecord => ({
  calls: all.flatMap(one => one.calls),
  rejects: all.flatMap(one => one.rejects),
  leftOut: all.flatMap(one => one.leftOut),
  assumed: all.flatMap(one => one.assumed),
})

/** Usage of a log that tells two counts and none of their parts. A call that failed and tells neither used nothing. */
export function usageOfTwo(prompt: number | null, completion: number | null, failed: boolean): Usage {
  if (!prompt && !completion) return failed ? noUsage : unknownUsage
  return { ...noUsage, input: prompt, output: completion, reasoning: null }
}

export const nothing: CallsOfRecord = { calls: [], rejects: [], leftOut: [], assumed: [] }

const wholeCall = ({ attribution, ...told }: LoggedCall): ReadCall => ({
  provider: null,
  model: null,
  tier: null,
  region: null,
  speed: null,
  ttftMs: null,
  latencyMs: null,
  tags: {},
  prefixBlocks: null,
  reportedUsd: null,
  estimated: false,
  ...told,
  attribution: { ...nobody, ...attribution },
})
