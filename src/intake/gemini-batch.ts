// Results of batches of Gemini, from its own API or from Vertex, as calls.
import { geminiGenerateContent } from '../wire/gemini-generate-content.ts'
import { type BatchLine, batchResults } from './batch-answer.ts'
import { instantOf } from './bucket-times.ts'
import type { Importer } from './importer.ts'
import { firstRecords } from './logged.ts'
import { isObject, type Json } from './pages.ts'
import { textCell } from './record-cells.ts'

/** https://ai.google.dev/gemini-api/docs/batch-api, https://cloud.google.com/vertex-ai/generative-ai/docs/multimodal/batch-prediction-gemini */
export const geminiBatch: Importer = {
  name: 'gemini-batch',
  title: 'Gemini batch results',
  container: ['jsonl', 'json'],
  matches: head =>
    (head.container === 'jsonl' || head.container === 'json') &&
    firstRecords(head).some(record => !('custom_id' in record) && isAnswer(record.response ?? record)),
  content: (head, options) => batchResults(head, options, lineOf),
}

function lineOf(record: Json): BatchLine {
  const response = [record.response, record].filter(isObject).find(isAnswer) ?? null
  const isVertex = 'processed_time' in record || 'request' in record
  return {
    key: keyOf(record),
    id: null,
    answer: response === null ? null : { wire: geminiGenerateContent, body: response },
    failed: response === null || isObject(record.error) || textCell(record, 'status') !== null,
    provider: isVertex ? 'google-vertex' : 'google',
    atMicros: instantOf(response?.createTime) ?? instantOf(record.processed_time) ?? instantOf(record.processedTime),
  }
}

/** An answer; a line may be one without a key around it. */
const isAnswer = (response: unknown): response is Json =>
  isObject(response) && (isObject(response.usageMetadata) || Array.isArray(response.candidates))

/** In a file of requests the key stands on the line, in requests within one call in its metadata. */
const keyOf = (record: Json): string | null =>
  textCell(record, 'key') ?? (isObject(record.metadata) ? textCell(record.metadata, 'key') : null)
