// JSON Lines of recorded responses in; one line of JSON with the reading, or with what is wrong, per line out.
import { Fault, nearestName } from '../core/fault/fault.ts'
import { startReading } from '../wire/reading.ts'
import { readingJson } from '../wire/reading-json.ts'
import type { Wire } from '../wire/wire.ts'
import { wireNamed, wireNames } from '../wire/wires.ts'
import { type BatchRecord, type BatchTally, batchLines, slipsRefused, textField } from './batch-lines.ts'

/** What a line leaves out. */
export interface MeterDefaults {
  readonly wire: Wire | null
  readonly provider: string | null
}

const fields = ['id', 'wire', 'stream', 'provider', 'framing', 'body', 'chunks']

/** Responses with images or a batch of embeddings are long lines. */
const maxLineCharacters = 1 << 28

/** Reads a stream of recorded responses. Exactly one object is written per input line; a bad one is `{"id","error"}`. */
export function meterBatch(
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  file: string,
  defaults: MeterDefaults,
): Promise<BatchTally> {
  const refuseSlips = slipsRefused(fields, 'a recorded response')
  const members = (record: BatchRecord): string => {
    refuseSlips(record)
    return JSON.stringify(readRecord(record, defaults)).slice(1, -1)
  }
  const example = '{"id","wire","stream","body"} or {"id","wire","stream","chunks"}'
  return batchLines(chunks, write, members, { file, example, maxLineCharacters })
}

function readRecord(record: BatchRecord, defaults: MeterDefaults): unknown {
  const name = textField(record, 'wire')
  const wire = name === null ? defaults.wire : wireOf(name, 'wire')
  if (wire === null) throw new Fault('WIRE_MISSING', 'expected a wire', { where: 'wire', fix: names })
  const pieces = bytesOf(record)
  const stream = record.stream ?? pieces.fromChunks
  if (typeof stream !== 'boolean') {
    throw new Fault('FIELD_INVALID', `expected true or false, got ${JSON.stringify(stream)}`, { where: 'stream' })
  }
  const reading = startReading(wire, {
    stream,
    framing: framingOf(textField(record, 'framing'), 'framing'),
    provider: textField(record, 'provider') ?? defaults.provider,
  })
  for (const bytes of pieces.bytes) reading.push(bytes)
  return readingJson(reading.end())
}

const names = `one of ${wireNames.join(', ')}`

/** The wire of a name. @throws Fault WIRE_UNKNOWN with the nearest name */
export function wireOf(name: string, where: string): Wire {
  const wire = wireNamed(name)
  if (wire !== null) return wire
  const nearest = nearestName(name, wireNames)
  throw new Fault('WIRE_UNKNOWN', `"${name}" is not a wire`, {
    where,
    fix: nearest === null ? `give ${names}` : `did you mean "${nearest}"?`,
  })
}

/** How a stream is cut into events. @throws Fault FRAMING_UNKNOWN */
export function framingOf(name: string | null, where: string): 'sse' | 'json-array' {
  if (name === null || name === 'sse') return 'sse'
  if (name === 'json-array') return name
  throw new Fault('FRAMING_UNKNOWN', `"${name}" is not a framing`, { where, fix: 'give sse or json-array' })
}

/** A line's bytes: its body as JSON, or as it stands where it is text; or its chunks. */
function bytesOf(record: BatchRecord): { readonly bytes: readonly Uint8Array[]; readonly fromChunks: boolean } {
  const { body, chunks } = record
  if ((body === undefined || body === null) === (chunks === undefined || chunks === null)) {
    const said =
      body === undefined || body === null ? 'expected a body or chunks' : 'a body and chunks are one too many'
    throw new Fault('BODY_MISSING', said, { where: 'body', fix: 'give body, or chunks as the network cut them' })
  }
  if (chunks === undefined || chunks === null) {
    return { bytes: [Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))], fromChunks: false }
  }
  if (!Array.isArray(chunks)) throw new Fault('FIELD_INVALID', 'expected a list of chunks', { where: 'chunks' })
  return { bytes: chunks.map((chunk, i) => chunkBytes(chunk, `chunks[${i}]`)), fromChunks: true }
}

function chunkBytes(chunk: unknown, where: string): Uint8Array {
  if (typeof chunk === 'string') return Buffer.from(chunk)
  const base64 = (chunk as { readonly base64?: unknown } | null)?.base64
  if (typeof base64 === 'string' && /^[A-Za-z0-9+/\-_\s]*={0,2}\s*$/.test(base64)) return Buffer.from(base64, 'base64')
  throw new Fault('CHUNK_INVALID', 'expected text or {"base64"}', { where })
}
