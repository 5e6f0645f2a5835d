// Mooncake traces as published (FAST'25): timestamp (ms), input_length, output_length, hash_ids of 512-token prefix blocks.
import {
  defaultStartMicros,
  givenText,
  type Head,
  hasColumns,
  type Importer,
  plainCounts,
  startNote,
} from './importer.ts'

/** Published timestamps come in steps of about 3 s (2,997 to 3,003 ms); requests of one step arrived somewhere within it. */
const stepSeconds = 3

/** Whole seconds between the instants of the sampled rows; null when they are finer than that, so that nothing is rounded. */
function stepOf(head: Head): number | null {
  const instants = [...new Set(head.rows.map(row => Number(row.timestamp)).filter(Number.isFinite))].sort(
    (a, b) => a - b,
  )
  if (instants.length < 2) return stepSeconds
  const gap = instants.slice(1).reduce((least, at, i) => Math.min(least, at - instants[i]!), Infinity)
  return gap < 500 ? null : Math.max(1, Math.round(gap / 1000))
}

const isMillis = (cell: string | undefined): boolean => cell === undefined || /^\d{1,10}(\.\d+)?$/.test(cell)

export const mooncake: Importer = {
  name: 'mooncake',
  title: 'Mooncake trace',
  container: 'jsonl',
  // Its prefix blocks may have been left out.
  matches: head =>
    head.container === 'jsonl' &&
    hasColumns(head, ['timestamp', 'input_length', 'output_length']) &&
    (head.columns.includes('hash_ids') || head.rows.every(row => isMillis(row.timestamp))),
  content: (head, options) => {
    const step = stepOf(head)
    const hasBlocks = head.columns.includes('hash_ids')
    return {
      kind: 'rows',
      reading: {
        time: {
          kind: 'epoch',
          column: 'timestamp',
          unitMicros: 1000,
          originMicros: options.startMicros ?? defaultStartMicros,
          spreadMicros: step === null ? null : step * 1e6,
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
        prefixBlocks: hasBlocks ? 'hash_ids' : null,
        notes: [
          startNote(options),
          ...(step === null
            ? []
            : [
                `timestamps are quantised to ${step} s: the k-th of n requests of one instant, in file order, is moved by k × ${step} s ÷ n`,
              ]),
          `every prompt token counts as uncached input${hasBlocks ? '; prefix blocks that repeat are kept beside it' : ''}`,
        ],
      },
    }
  },
}
