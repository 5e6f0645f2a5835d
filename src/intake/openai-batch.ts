// Results of OpenAI's Batch API, and of sellers that speak the same, as calls.
import { openAiChat } from '../wire/openai-chat.ts'
import { openAiEmbeddings } from '../wire/openai-embeddings.ts'
import { openAiResponses } from '../wire/openai-responses.ts'
import type { Wire } from '../wire/wire.ts'
import { type BatchLine, batchResults } from './batch-answer.ts'
import { instantOf } from './bucket-times.ts'
import type { Importer } from './importer.ts'
import { firstRecords } from './logged.ts'
import { isObject, type Json } from './pages.ts'
import { numberCell, textCell } from './record-cells.ts'

/** https://platform.openai.com/docs/api-reference/batch/request-output */
export const openaiBatch: Importer = {
  name: 'openai-batch',
  title: 'OpenAI batch results',
  container: ['jsonl', 'json'],
  matches: head =>
    (head.container === 'jsonl' || head.container === 'json') &&
    firstRecords(head).some(
      record => 'custom_id' in record && 'response' in record && (isObject(record.response) || isObject(record.error)),
    ),
  content: (head, options) => batchResults(head, options, lineOf, ...(options.provider === undefined ? [takenAs] : [])),
}

const takenAs = 'taken as of OpenAI, or of Azure where its filters speak (--provider names another)'

function lineOf(record: Json): BatchLine {
  const response = isObject(record.response) ? record.response : {}
  const body = isObject(response.body) ? response.body : null
  const status = numberCell(response, 'status_code') ?? (body === null ? 0 : 200)
  return {
    key: textCell(record, 'custom_id'),
    id: textCell(record, 'id') ?? textCell(response, 'request_id'),
    answer: body === null ? null : { wire: wireOf(body), body },
    failed: status < 200 || status > 299 || hasError(record.error) || body === null,
    provider: body !== null && 'prompt_filter_results' in body ? 'azure' : 'openai',
    atMicros: body === null ? null : (instantOf(body.created) ?? instantOf(body.created_at)),
  }
}

/** Azure writes an empty error beside an answer. */
const hasError = (error: unknown): boolean => isObject(error) && Object.values(error).some(value => value !== null)

function wireOf({ object, output }: Json): Wire {
  if (object === 'response' || Array.isArray(output)) return openAiResponses
  return object === 'list' ? openAiEmbeddings : openAiChat
}
