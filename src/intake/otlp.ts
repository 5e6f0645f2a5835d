// OTLP traces in files: requests as JSON, one or one a line as the collector writes them, and as protobuf → calls.
import type { Content, Head, Importer } from './importer.ts'
import { together } from './logged-call.ts'
import { spansOfJson } from './otlp/json.ts'
import { spansOfProtobuf } from './otlp/protobuf.ts'
import { callsOfSpans, framesOf } from './otlp/read.ts'
import type { Spans } from './otlp/span.ts'
import { nothingBefore } from './otlp/told-calls.ts'

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
  content: ({ container }: Head): Content => {
    // One request tells of a call, and a later one of what was around it.
    const before = nothingBefore()
    const read = container === 'protobuf' ? fromBytes : fromJson
    return {
      kind: 'calls',
      calls: {
        records: container === 'jsonl' ? 'lines' : container === 'json' ? 'document' : 'bytes',
        read: value => together(read(value).map(spans => callsOfSpans(spans, before))),
        notes,
      },
    }
  },
}

const fromJson = (value: unknown): Spans[] => (Array.isArray(value) ? value : [value]).map(spansOfJson)

const fromBytes = (value: unknown): Spans[] => [...framesOf(value as Uint8Array)].map(spansOfProtobuf)
