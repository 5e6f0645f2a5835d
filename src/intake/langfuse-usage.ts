// Usage of a Langfuse observation, in its buckets or in the older three counts, in; the usage by kind, out.
import { noUsage, type Usage, type UsageKind, unknownUsage } from '../core/meter/usage.ts'
import { uncachedNote } from './importer.ts'
import { partedBy } from './inclusion.ts'
import type { Json } from './pages.ts'
import { cellOf, countOf, objectCell, textCell } from './record-cells.ts'

/**
 * What a bucket of this name counts. SDKs name buckets by the details of the provider's usage (`input_` and `output_` before
 * a detail's name, see Langfuse's integrations) or as the provider does. The first that fits; compared without `_` and case.
 */
const buckets: readonly (readonly [
  RegExp,
  UsageKind | 'prompt' | 'promptPart' | 'answer' | 'answerPart' | 'total' | 'none',
])[] = [
  [/^total(tokens?)?$/, 'total'],
  [
    /^(input|prompt)(tokens?)?$|^(input|prompt)(text|modalitytext|document|modalitydocument|video|modalityvideo)/,
    'prompt',
  ],
  [/^(output|completion)(tokens?)?$|^(output|completion)(text|modalitytext)/, 'answer'],
  [/(cachecreation|cachewrite|ephemeral).*(5m|5minutes?)|ephemeral5m/, 'cacheWrite5m'],
  [/(cachecreation|cachewrite|ephemeral).*(1h|1hours?)|ephemeral1h/, 'cacheWrite1h'],
  [/cachecreation|cachewrite|cachedcreation/, 'cacheWrite'],
  [/cacheread|cached|cachehit/, 'cacheRead'],
  [/reasoning|thinking|thoughts/, 'reasoning'],
  [/^(input|prompt)(modality)?audio/, 'inputAudio'],
  [/^(input|prompt)(modality)?image/, 'inputImage'],
  [/^(output|completion)(modality)?audio/, 'outputAudio'],
  [/^(output|completion)(modality)?image/, 'outputImage'],
  [/websearch|^searches$/, 'searches'],
  [/^(input|prompt)tooluse|tooluseprompt/, 'prompt'],
  // Any other detail of the provider's usage, such as predictions accepted or rejected: Langfuse takes each out of its whole.
  [/^(input|prompt).*tokens?$/, 'promptPart'],
  [/^(output|completion).*tokens?$|prediction/, 'answerPart'],
]

type Bucket = (typeof buckets)[number][1]

const bucketOf = (name: string): Bucket => {
  const plain = name.toLowerCase().replace(/[^a-z0-9]/g, '')
  return buckets.find(([pattern]) => pattern.test(plain))?.[1] ?? 'none'
}

export interface LangfuseUsage {
  readonly usage: Usage
  readonly assumed: readonly string[]
}

const assumedBeside =
  'cached tokens and reasoning were taken as counted beside input and output, as Langfuse keeps them, for want of a total that tells'

/**
 * Buckets stand side by side and add up to the total; where an SDK sent the provider's inclusive counts, the total tells.
 * A call of which nobody counted anything is of unknown usage, and of none when it failed.
 * @throws Fault FIELD_INVALID when a count is none
 */
export function langfuseUsage(record: Json, failed: boolean): LangfuseUsage {
  const details = objectCell(record, 'usage_details', 'usageDetails')
  const counted = details !== null && Object.keys(details).length > 0 ? details : olderCounts(record)
  const sums = new Map<Bucket, number>()
  for (const [name, value] of Object.entries(counted ?? {})) {
    const count = countOf(value, `usage ${name}`)
    const bucket = bucketOf(name)
    if (count !== null) sums.set(bucket, (sums.get(bucket) ?? 0) + count)
  }
  const sum = (bucket: Bucket) => sums.get(bucket) ?? 0
  const isNothing = [...sums.values()].every(count => count === 0) || (!sums.has('prompt') && !sums.has('answer'))
  if (isNothing) return { usage: failed ? noUsage : unknownUsage, assumed: [] }

  const ttl = sum('cacheWrite5m') + sum('cacheWrite1h')
  // A split may stand beside its own sum.
  const cacheWrite = sum('cacheWrite') >= ttl ? sum('cacheWrite') : sum('cacheWrite') + ttl
  const [media, answerMedia] = [sum('inputAudio') + sum('inputImage'), sum('outputAudio') + sum('outputImage')]
  const { prompt, answer } = partedBy(
    sums.has('total') ? sum('total') : null,
    { whole: sum('prompt'), parts: sum('cacheRead') + cacheWrite + media + sum('promptPart') },
    { whole: sum('answer'), parts: sum('reasoning') + answerMedia + sum('answerPart') },
    { prompt: false, answer: false },
  )
  const usage: Record<UsageKind, number | null> = {
    ...noUsage,
    input: prompt.rest + sum('promptPart'),
    cacheRead: sum('cacheRead'),
    cacheWrite,
    ...timesToLive(cacheWrite, sum('cacheWrite5m'), sum('cacheWrite1h')),
    inputAudio: sum('inputAudio'),
    inputImage: sum('inputImage'),
    output: answer.rest + sum('reasoning') + sum('answerPart'),
    reasoning: sums.has('reasoning') ? sum('reasoning') : null,
    outputAudio: sum('outputAudio'),
    outputImage: sum('outputImage'),
    searches: sum('searches'),
  }
  if (!sums.has('prompt')) usage.input = null
  if (!sums.has('answer')) usage.output = isEmbedding(record) ? 0 : null
  const assumed = [
    ...(prompt.isSure && answer.isSure ? [] : [assumedBeside]),
    ...(counted === details ? [] : [uncachedNote]),
  ]
  return { usage, assumed }
}

/** Writes of which nobody told how long they live: of unknown time, unless there are none. */
function timesToLive(whole: number, for5m: number, for1h: number) {
  if (whole === 0 || for5m + for1h === whole)
    return { cacheWrite5m: for5m, cacheWrite1h: for1h, cacheWrite30m: 0, cacheWrite12h: 0 }
  return { cacheWrite5m: null, cacheWrite1h: null, cacheWrite30m: null, cacheWrite12h: null }
}

/** Before the buckets, the API told three counts, of a unit. Characters and the like are no tokens. */
function olderCounts(record: Json): Json | null {
  const older = objectCell(record, 'usage')
  const unit = (older && textCell(older, 'unit')) ?? textCell(record, 'unit')
  if (unit !== null && unit.toUpperCase() !== 'TOKENS') return null
  const of = (key: string, flat: string) => cellOf(older ?? {}, key) ?? cellOf(record, flat)
  const counts = {
    input: of('input', 'promptTokens'),
    output: of('output', 'completionTokens'),
    total: of('total', 'totalTokens'),
  }
  return Object.values(counts).every(count => count === null) ? null : counts
}

const isEmbedding = (record: Json): boolean => textCell(record, 'type')?.toUpperCase() === 'EMBEDDING'
