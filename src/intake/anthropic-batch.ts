// Results of Anthropic's Message Batches as calls.
import { anthropicMessages } from '../wire/anthropic-messages.ts'
import { type BatchLine, batchResults } from './batch-answer.ts'
import type { Importer } from './importer.ts'
import { firstRecords } from './logged.ts'
import { isObject, type Json } from './pages.ts'
import { textCell } from './record-cells.ts'

/** https://docs.anthropic.com/en/api/retrieving-message-batch-results */
export const anthropicBatch: Importer = {
  name: 'anthropic-batch',
  title: 'Anthropic message batch results',
  container: ['jsonl', 'json'],
  matches: head =>
    (head.container === 'jsonl' || head.container === 'json') &&
    firstRecords(head).some(record => 'custom_id' in record && isObject(record.result) && 'type' in record.result),
  content: (head, options) => batchResults(head, options, lineOf),
}

function lineOf(record: Json): BatchLine {
  const result = isObject(record.result) ? record.result : {}
  const message = isObject(result.message) ? result.message : null
  return {
    key: textCell(record, 'custom_id'),
    id: null,
    answer: message === null ? null : { wire: anthropicMessages, body: message },
    failed: result.type !== 'succeeded' || message === null,
    provider: 'anthropic',
    // No part of a message says when it was made.
    atMicros: null,
  }
}
