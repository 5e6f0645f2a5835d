// Mooncake traces as published (FAST'25): timestamp (ms), input_length, output_length, hash_ids of 512-token prefix blocks.
import { defaultStartMicros, givenText, hasColumns, type Importer, plainCounts, startNote } from './importer.ts'

/** Timestamps come in steps of 3 s; requests of one step arrived somewhere within it. */
const stepMicros = 3_000_000

export const mooncake: Importer = {
  name: 'mooncake',
  title: 'Mooncake trace',
  matches: head =>
    head.container === 'jsonl' && hasColumns(head, ['timestamp', 'input_length', 'output_length', 'hash_ids']),
  content: (_head, options) => ({
    kind: 'rows',
    reading: {
      time: {
        kind: 'epoch',
        column: 'timestamp',
        unitMicros: 1000,
        originMicros: options.startMicros ?? defaultStartMicros,
        spreadMicros: stepMicros,
      },
      id: null,
      text: givenText(options),
      counts: {
        input: { column: 'input_length', minus: [], required: true },
        output: { column: 'output_length', minus: [], required: true },
      },
      none: plainCounts,
      ttftMs: null,
      latencyMs: null,
      reportedUsd: null,
      outcome: null,
      tags: {},
      prefixBlocks: 'hash_ids',
      notes: [
        startNote(options),
        'timestamps are quantised to 3 s: the k-th of n requests of one instant, in file order, is moved by k × 3 s ÷ n',
        'every prompt token counts as uncached input; prefix blocks that repeat are kept beside it',
      ],
    },
  }),
}
