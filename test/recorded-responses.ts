// The recorded and the quoted responses of test/fixtures/wire → their bytes, and what must be read from them.
import { readFileSync } from 'node:fs'
import { type UsageKind, unknownUsage, usageKinds } from '../src/core/meter/usage.ts'
import { type Reading, startReading } from '../src/wire/reading.ts'
import { readingJson } from '../src/wire/reading-json.ts'
import { wireNamed } from '../src/wire/wires.ts'

export interface Recorded {
  readonly id: string
  readonly wire: string
  readonly stream: boolean
  readonly provider?: string
  readonly framing?: 'json-array'
  readonly bytes: Uint8Array
  /** The whole JSON document of `meter`, without what is only passed on. */
  readonly expected: object
}

type Line = Omit<Recorded, 'bytes' | 'expected'> & {
  readonly file?: string
  readonly body?: unknown
  readonly chunks?: readonly string[]
  readonly complete?: boolean
  readonly expect: Record<string, unknown>
}

const folder = new URL('fixtures/wire/', import.meta.url)

const lines = (name: string): Line[] =>
  readFileSync(new URL(name, folder), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))

/** Kinds that are not stated are 0; of no usage, nothing is known. */
const usageOf = (stated: Partial<Record<UsageKind, number | null>> | null): object =>
  stated === null ? unknownUsage : { ...Object.fromEntries(usageKinds.map(kind => [kind, 0])), ...stated }

/** Responses of real calls: everything that `meter` says of them is known. */
export const recorded: readonly Recorded[] = lines('cases.jsonl').map(line => ({
  ...line,
  bytes: readFileSync(new URL(line.file!, folder)),
  expected: { ...line.expect, usage: usageOf(line.expect.usage as Partial<Record<UsageKind, number | null>> | null) },
}))

/** Usages quoted from documentation and issues. */
export const published: readonly Recorded[] = lines('published.jsonl').map(line => {
  const { reportedUsd, error, serviceTier, ...usage } = line.expect
  return {
    ...line,
    bytes: new TextEncoder().encode(line.chunks?.join('') ?? JSON.stringify(line.body)),
    expected: {
      usage: usageOf(usage as Partial<Record<UsageKind, number>>),
      complete: line.complete !== false,
      ...(reportedUsd !== undefined && { reportedUsd }),
      ...(error !== undefined && { error }),
      ...(serviceTier !== undefined && { serviceTier }),
    },
  }
})

/** Reads pieces of a response. */
export function readPieces(of: Omit<Recorded, 'id' | 'bytes' | 'expected'>, pieces: readonly Uint8Array[]): Reading {
  const reading = startReading(wireNamed(of.wire)!, {
    stream: of.stream,
    provider: of.provider ?? null,
    ...(of.framing && { framing: of.framing }),
  })
  for (const piece of pieces) reading.push(piece)
  return reading.end()
}

export const readWhole = (of: Recorded): Reading => readPieces(of, [of.bytes])

export const jsonOf = (of: Recorded): object => readingJson(readWhole(of))

/** `bytes` cut at ascending offsets. */
export const cutAt = (bytes: Uint8Array, offsets: readonly number[]): Uint8Array[] =>
  [...offsets, bytes.length].map((end, i) => bytes.subarray(offsets[i - 1] ?? 0, end))
