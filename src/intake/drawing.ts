// Drawn requests in; a temporary CSV that loads like any other file, and how to read it, out.
import { closeSync, openSync, writeSync } from 'node:fs'
import { Fault } from '../core/fault/fault.ts'
import type { LoadFile } from '../core/meter/load.ts'
import { type Drawing, givenText, type ImportOptions, plainCounts, type Reading } from './importer.ts'

const columns = ['at', 'input', 'output', 'client']

/** Writes the drawing to `path` slot by slot, so that a day of millions of requests is never in memory at once. */
export async function writeDrawing(
  path: string,
  drawing: Drawing,
  options: ImportOptions,
  signal: AbortSignal | undefined,
): Promise<{ file: LoadFile; reading: Reading }> {
  const out = openSync(path, 'w')
  let rows = 0
  try {
    writeSync(out, `${columns.join(',')}\n`)
    for (const slot of drawing.slots) {
      const lines: string[] = []
      for (let i = 0; i < slot.n; i++) {
        const at = Math.round(slot.atSeconds[i]! * 1e6)
        lines.push(`${at},${slot.inputTokens[i]},${slot.outputTokens[i]},client-${slot.client[i]}\n`)
      }
      writeSync(out, lines.join(''))
      rows += slot.n
      await new Promise(resolve => setImmediate(resolve))
      if (signal?.aborted)
        throw new Fault('IMPORT_STOPPED', 'the import was stopped; the ledger is unchanged', { kind: 'no' })
    }
  } finally {
    closeSync(out)
  }
  return {
    file: {
      path,
      container: 'csv',
      gzip: false,
      delimiter: ',',
      columns,
      paths: [],
      longestLineBytes: 100,
      headerLines: 1,
      lineBreaks: rows + 1,
    },
    reading: {
      time: { kind: 'epoch', column: 'at', unitMicros: 1, originMicros: drawing.originMicros, spreadMicros: null },
      id: null,
      text: { ...givenText(options), user: { column: 'client', fallback: null } },
      counts: {
        input: { column: 'input', minus: [], required: true },
        output: { column: 'output', minus: [], required: true },
      },
      none: plainCounts,
      ttftMs: null,
      latencyMs: null,
      reportedUsd: null,
      outcome: null,
      tags: {},
      prefixBlocks: null,
      notes: drawing.notes,
    },
  }
}
