// Azure LLM inference traces as published (AzurePublicDataset): TIMESTAMP, ContextTokens, GeneratedTokens.
import { givenText, hasColumns, type Importer, plainCounts, uncachedNote } from './importer.ts'

const columns = ['TIMESTAMP', 'ContextTokens', 'GeneratedTokens']

export const azure: Importer = {
  name: 'azure',
  title: 'Azure LLM inference trace',
  container: 'csv',
  matches: head => head.container === 'csv' && hasColumns(head, columns),
  content: (_head, options) => ({
    kind: 'rows',
    reading: {
      time: { kind: 'iso', column: 'TIMESTAMP', spreadMicros: null },
      id: null,
      text: givenText(options),
      counts: {
        input: { column: 'ContextTokens', minus: [], required: true },
        output: { column: 'GeneratedTokens', minus: [], required: true },
      },
      none: plainCounts,
      ttftMs: null,
      latencyMs: null,
      reportedUsd: null,
      outcome: null,
      tags: {},
      prefixBlocks: null,
      notes: [uncachedNote],
    },
  }),
}
