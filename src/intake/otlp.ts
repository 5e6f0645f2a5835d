// OTLP traces in files: requests as JSON, one or one a line as the collector writes them, and as protobuf → calls.
import type { CallsOfRecord, Content, Head, Importer } from './importer.ts'
import { spansOfJson } from './otlp/json.ts'
import { spansOfProtobuf } from './otlp/protobuf.ts'
import { callsOfSpans, framesOf } from './otlp/read.ts'

const notes = [
  'spans of calls to models are read, whatever convention names them (GenAI, OpenInference, OpenLLMetry, AI SDK, Langfuse); prompts and answers are not',
  'where a span tells no cache use, every prompt token counts as uncached input',
]

export const otlp: Importer = {
  name: 'otlp',
  title: 'OTLP traces',
  container: ['jsonl', 'json', 'protobuf'],
  matches: ({ container, columns, text }: Head) =>
    container === 'protobuf' ||
    (container === 'jsonl' && columns.includes('resourceSpans')) ||
    (container === 'json' && /^\s*\[?\s*\{\s*"resourceSpans"\s*:/.test(text)),
  content: ({ container }: Head): Content => ({
    kind: 'calls',
    calls: {
      records: container === 'jsonl' ? 'lines' : container === 'json' ? 'document' : 'bytes',
      read: container === 'protobuf' ? fromBytes : fromJson,
      notes,
    },
  }),
}

const fromJson = (value: unknown): CallsOfRecord =>
  joined((Array.isArray(value) ? value : [value]).map(one => callsOfSpans(spansOfJson(one))))

const fromBytes = (value: unknown): CallsOfRecord =>
  joined([...framesOf(value as Uint8Array)].map(frame => callsOfSpans(spansOfProtobuf(frame))))

const joined = (records: readonly CallsOfRecord[]): CallsOfRecord => ({
  calls: records.flatMap(({ calls }) => calls),
  rejects: records.flatMap(({ rejects }) => rejects),
  leftOut: records.flatMap(({ leftOut }) => leftOut),
  assumed: records.flatMap(({ assumed }) => assumed),
})
