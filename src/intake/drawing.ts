// Drawn requests in; a temporary CSV that loads like any other file, and how to read it, out.
import { closeSync, openSync, writeSync } from 'node:fs'
import { Fault } from '../core/fault/fault.ts'
import type { LoadFile } from '../core/meter/load.ts'
import type { Drawing, Reading } from './importer.ts'

/** Writes the drawing to `path` slot by slot, so that a day of millions of requests is never in memory at once. */
export async function writeDrawing(
  path: string,
  drawing: Drawing,
  signal: AbortSignal | undefined,
): Promise<{ file: LoadFile; reading: Reading }> {
  const { columns } = drawing
  const out = openSync(path, 'w')
  let rows = 0
  try {
    writeSync(out, `${columns.join(',')}\n`)
    for (const { n, lines } of drawing.slots) {
      writeSync(out, lines)
      rows += n
      await new Promise(resolve => setImmediate(resolve))
      if (signal?.aborted)
        throw new Fault('IMPORT_STOPPED', 'the import was stopped; nothing of this file was added', { kind: 'no' })
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
      longestLineBytes: 1000,
      headerLines: 1,
      lineBreaks: rows + 1,
    },
    reading: {
      time: { kind: 'epoch', column: 'at', unitMicros: 1, originMicros: drawing.originMicros, spreadMicros: null },
      id: null,
      ttftMs: null,
      latencyMs: null,
      reportedUsd: null,
      outcome: null,
      tags: {},
      prefixBlocks: null,
      notes: drawing.notes,
      ...drawing.reading,
    },
  }
}
