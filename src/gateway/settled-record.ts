// A call's key and what came of its answer in; the record that settles it, out.
import type { Settled } from '../core/meter/call-record.ts'
import { formatUsd } from '../core/meter/money.ts'
import { noUnits, unknownUsage } from '../core/meter/usage.ts'
import type { ProviderError } from '../wire/wire.ts'
import type { Pending } from './background.ts'
import { answerEstimate } from './estimate.ts'
import type { Answered } from './metered-answer.ts'

export function settledOf(
  { key, startedMicros }: Pending,
  { status, reading, isCut, wasSent, firstByteMicros, came }: Answered,
  endMicros: number,
): Settled {
  const read = reading ?? nothing
  const isWhole = status !== null && !isCut
  const isOk = isWhole && status < 300 && read.error === null
  const isFailed = !wasSent || (status !== null && (status >= 300 || read.error !== null))
  return {
    kind: 'settled',
    key,
    endMicros,
    status,
    outcome: isOk ? 'ok' : isFailed ? 'failed' : 'unknown',
    id: read.id,
    model: read.model,
    usage: read.usage,
    units: read.units,
    known: read.known,
    complete: read.complete,
    estimated: false,
    ...(read.known || came === null ? {} : { answerEstimate: answerEstimate(came) }),
    tier: read.serviceTier,
    region: read.region,
    speed: read.speed,
    reportedUsd: read.reportedUsd === null ? null : formatUsd(read.reportedUsd),
    stopReason: read.stopReason,
    rawUsage: read.rawUsage,
    error: read.error === null ? null : nameOf(read.error),
    ttftMs: firstByteMicros === null ? null : (firstByteMicros - startedMicros) / 1000,
    latencyMs: (endMicros - startedMicros) / 1000,
  }
}

const nothing = {
  id: null,
  model: null,
  usage: unknownUsage,
  units: noUnits,
  known: false,
  complete: false,
  reportedUsd: null,
  stopReason: null,
  error: null,
  rawUsage: null,
  serviceTier: null,
  region: null,
  speed: null,
}

/**
 * Of a provider's error its code alone is kept: its words may repeat the prompt, as those of every server do that checks a
 * request by its types, or a part of the key.
 */
const nameOf = ({ code }: ProviderError): string => (code !== null && /^[\w.:-]{1,80}$/.test(code) ? code : 'unnamed')
