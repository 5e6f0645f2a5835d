// BurstGPT as published: Timestamp[, Session ID, Elapsed time], Model, Request tokens, Response tokens, Total tokens, Log Type.
import {
  defaultStartMicros,
  givenText,
  hasColumns,
  type Importer,
  plainCounts,
  startNote,
  uncachedNote,
} from './importer.ts'

const columns = ['Timestamp', 'Model', 'Request tokens', 'Response tokens', 'Total tokens', 'Log Type']

export const burstgpt: Importer = {
  name: 'burstgpt',
  title: 'BurstGPT trace',
  container: 'csv',
  matches: head => head.container === 'csv' && hasColumns(head, columns),
  content: (head, options) => {
    const sessions = head.columns.includes('Session ID')
    return {
      kind: 'rows',
      reading: {
        time: {
          kind: 'epoch',
          column: 'Timestamp',
          unitMicros: 1e6,
          originMicros: options.startMicros ?? defaultStartMicros,
          spreadMicros: null,
        },
        id: null,
        text: { ...givenText(options), model: { column: 'Model', fallback: options.model ?? null } },
        counts: {
          input: { column: 'Request tokens', minus: [], required: true },
          output: { column: 'Response tokens', minus: [], required: true },
        },
        none: plainCounts,
        ttftMs: null,
        latencyMs: head.columns.includes('Elapsed time') ? { column: 'Elapsed time', scale: 1000 } : null,
        reportedUsd: null,
        outcome: { kind: 'zeroFails', column: 'Response tokens' },
        tags: { log_type: 'Log Type', ...(sessions ? { session: 'Session ID' } : {}) },
        prefixBlocks: null,
        notes: [startNote(options), 'a response of 0 tokens is a failed call', uncachedNote],
      },
    }
  },
}
