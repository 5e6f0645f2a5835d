// A spool's folder and how far it was taken in; the records after that, batch by batch, each with how far it reaches, out.
import { closeSync, fstatSync, openSync, readSync, statSync, unlinkSync } from 'node:fs'
import type { CallRecord, SpoolPosition, SpoolPositions } from '../core/meter/call-record.ts'
import { recordOf } from './line.ts'
import { type Segment, segmentsOf, workersIn } from './segments.ts'

export interface SpoolBatch {
  readonly worker: string
  readonly records: readonly CallRecord[]
  /** Where the next batch of this worker begins. */
  readonly position: SpoolPosition
  /** Lines that are not whole, though others follow them: skipped, with their place. */
  readonly corrupt: readonly { readonly file: string; readonly offset: number }[]
}

/** A batch is one transaction: with a quarter of this a call took half as long again, with twice as much no less. */
const pieceBytes = 4 << 20
/** No line is longer: see `lineOf`. */
const longestLine = 4 << 20

/**
 * What lies after `positions`, in the order in which each worker wrote it. The unfinished end of a worker's newest segment is
 * left for later; that of an older one was torn when its process died, and is skipped.
 */
export function* readSpool(folder: string, positions: SpoolPositions): Generator<SpoolBatch> {
  for (const worker of workersIn(folder)) {
    const from = positions[worker] ?? { sequence: 0, offset: 0 }
    const segments = segmentsOf(folder, worker).filter(({ sequence }) => sequence >= from.sequence)
    for (const [i, segment] of segments.entries()) {
      const offset = segment.sequence === from.sequence ? from.offset : 0
      yield* readSegment(segment, offset, segments[i + 1]?.sequence ?? null)
    }
  }
}

function* readSegment(segment: Segment, from: number, next: number | null): Generator<SpoolBatch> {
  const { worker, sequence, path } = segment
  const file = openSync(path, 'r')
  try {
    let offset = from
    let rest: Buffer = Buffer.alloc(0)
    const piece = Buffer.allocUnsafe(pieceBytes)
    for (;;) {
      const size = readSync(file, piece, 0, pieceBytes, offset + rest.length)
      const bytes = Buffer.concat([rest, piece.subarray(0, size)])
      const { records, corrupt, taken } = linesIn(bytes, offset, path)
      offset += taken
      rest = bytes.subarray(taken)
      const isEnd = size === 0 || offset + rest.length >= fstatSync(file).size
      // A line that never ends is none.
      if (rest.length > longestLine) {
        corrupt.push({ file: path, offset })
        offset += rest.length
        rest = Buffer.alloc(0)
      }
      if (isEnd && next !== null) {
        if (rest.length > 0) corrupt.push({ file: path, offset })
        yield { worker, records, corrupt, position: { sequence: next, offset: 0 } }
        return
      }
      if (records.length > 0 || corrupt.length > 0) yield { worker, records, corrupt, position: { sequence, offset } }
      if (isEnd) return
    }
  } finally {
    closeSync(file)
  }
}

function linesIn(bytes: Buffer, offset: number, file: string) {
  const records: CallRecord[] = []
  const corrupt: { file: string; offset: number }[] = []
  let taken = 0
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, taken)) {
    const record = recordOf(bytes.subarray(taken, end))
    if (record === null) corrupt.push({ file, offset: offset + taken })
    else records.push(record)
    taken = end + 1
  }
  return { records, corrupt, taken }
}

/** Bytes of records that lie after `positions`. */
export function waitingBytes(folder: string, positions: SpoolPositions): number {
  return workersIn(folder)
    .flatMap(worker => segmentsOf(folder, worker))
    .reduce((sum, { worker, sequence, path }) => {
      const reached = positions[worker] ?? { sequence: 0, offset: 0 }
      if (sequence < reached.sequence) return sum
      const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0
      return sum + size - (sequence === reached.sequence ? reached.offset : 0)
    }, 0)
}

/** Deletes the segments that were wholly taken; a worker's newest one is never among them. */
export function removeTaken(folder: string, positions: SpoolPositions): number {
  let removed = 0
  for (const [worker, { sequence: taken }] of Object.entries(positions)) {
    for (const { sequence, path } of segmentsOf(folder, worker)) {
      if (sequence >= taken) break
      unlinkSync(path)
      removed++
    }
  }
  return removed
}
