// Records in; lines of a segment on disk before anybody goes on, out.
import { closeSync, fdatasync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../core/fault/fault.ts'
import type { CallRecord } from '../core/meter/call-record.ts'
import { lineOf } from './line.ts'
import { segmentName, segmentsOf } from './segments.ts'

/**
 * What an append promises once it resolves. `always`: the record is on the disk, and outlives a power cut. `interval`: the
 * kernel has it, so it outlives any process that is killed; a power cut loses the last `intervalMs`. `never`: the same, and
 * the kernel writes when it likes.
 */
export type FsyncPolicy = 'always' | 'interval' | 'never'

export interface SpoolOptions {
  /** Whose records these are: one process at a time writes under a name. */
  readonly worker: string
  readonly fsync?: FsyncPolicy | undefined
  readonly intervalMs?: number | undefined
  readonly segmentBytes?: number | undefined
  /** Bytes that may wait for the disk; beyond them an append is refused. */
  readonly mostPendingBytes?: number | undefined
}

export interface SpoolStats {
  readonly appended: number
  readonly refused: number
  readonly pendingBytes: number
  /** The last error, until an append succeeds again. */
  readonly error: string | null
}

export interface Spool {
  /**
   * Resolves when the policy's promise holds. All appends of one turn share one write, or two where the turn before was a
   * quiet one, and with `always` a flush of the disk. Rejects with SPOOL_FULL or SPOOL_BROKEN; the next append tries again,
   * on a new segment.
   */
  append(record: CallRecord): Promise<void>
  stats(): SpoolStats
  close(): Promise<void>
}

interface Waiting {
  readonly line: string
  readonly done: () => void
  readonly fail: (fault: Fault) => void
}

/** Opens a spool for one worker. A process never goes on with the segment of another: its end may be torn. */
export function openSpool(folder: string, options: SpoolOptions): Spool {
  const { worker, fsync = 'interval', intervalMs = 1000 } = options
  const { segmentBytes = 64 * 1024 * 1024, mostPendingBytes = 64 * 1024 * 1024 } = options
  const place = join(folder, worker)
  let file: number | null = null
  let size = 0
  let waiting: Waiting[] = []
  let pendingBytes = 0
  let isWriting = false
  let isDirty = false
  /** What comes in this turn of the event loop is written at its end. */
  let isDue = false
  /** The turn before brought several records. */
  let isBusy = false
  let appended = 0
  let refused = 0
  let error: string | null = null
  /** Why what the kernel has is not on the disk; null = it is. */
  let unsynced: string | null = null

  function begin(): number {
    mkdirSync(place, { recursive: true })
    let sequence = (segmentsOf(folder, worker).at(-1)?.sequence ?? 0) + 1
    for (;;) {
      try {
        size = 0
        return openSync(join(place, segmentName(sequence)), 'ax', 0o600)
      } catch (thrown) {
        if ((thrown as NodeJS.ErrnoException).code !== 'EEXIST') throw thrown
        sequence++
      }
    }
  }

  function end(): void {
    if (file === null) return
    const closing = file
    file = null
    try {
      if (fsync !== 'never') fdatasyncSync(closing)
    } finally {
      closeSync(closing)
    }
  }

  /** Takes all that waits, writes it at once, and answers each. */
  async function flush(): Promise<void> {
    isWriting = true
    while (waiting.length > 0) {
      const batch = waiting
      waiting = []
      const bytes = Buffer.from(batch.length === 1 ? batch[0]!.line : batch.map(({ line }) => line).join(''))
      let written = 0
      try {
        if (size >= segmentBytes) end()
        file ??= begin()
        while (written < bytes.length) written += writeSync(file, bytes, written)
        size += bytes.length
        isDirty = true
        if (fsync === 'always') await flushed(file)
        appended += batch.length
        error = null
        for (const { done } of batch) done()
      } catch (thrown) {
        const fault = broken(place, thrown)
        error = fault.message
        refused += batch.length
        // What was written of the batch may be torn: nothing is put behind it. Where a full disk took nothing the segment is as it
        // was, and goes on: one more for each append would soon be a folder that takes long to read.
        try {
          if (written > 0 || !isFull(thrown)) end()
        } catch {
          // The disk that could not write cannot flush either; it has been said.
        }
        for (const { fail } of batch) fail(fault)
      } finally {
        pendingBytes -= bytes.length
      }
    }
    isWriting = false
  }

  /**
   * A record that comes alone is written at once, and its call waits for nothing. Where the sockets brought several in the
   * turn before, those of this one go together at its end.
   */
  function soon(): void {
    if (isDue) return
    isDue = true
    const isAtOnce = !isBusy
    if (isAtOnce) queueMicrotask(() => void flush())
    setImmediate(() => {
      isDue = false
      isBusy = waiting.length > (isAtOnce ? 0 : 1)
      if (!isWriting && waiting.length > 0) void flush()
    })
  }

  const timer =
    fsync !== 'interval'
      ? null
      : setInterval(() => {
          if (!isDirty || file === null) return
          isDirty = false
          fdatasync(file, thrown => {
            unsynced = thrown === null ? null : broken(place, thrown).message
          })
        }, intervalMs)
  timer?.unref()

  return {
    append(record) {
      const line = lineOf(record)
      const lineBytes = Buffer.byteLength(line)
      if (pendingBytes + lineBytes > mostPendingBytes) {
        refused++
        const message = `${pendingBytes} bytes of records wait for the disk already`
        const fix = 'give the data folder a faster disk, or an fsync policy that waits less'
        return Promise.reject(new Fault('SPOOL_FULL', message, { where: place, fix, kind: 'outside' }))
      }
      pendingBytes += lineBytes
      return new Promise<void>((done, fail) => {
        waiting.push({ line, done, fail })
        if (!isWriting && waiting.length === 1) soon()
      })
    },
    stats: () => ({ appended, refused, pendingBytes, error: error ?? unsynced }),
    async close() {
      if (timer !== null) clearInterval(timer)
      while (isWriting || waiting.length > 0) await new Promise(done => setImmediate(done))
      end()
    },
  }
}

const flushed = (file: number): Promise<void> =>
  new Promise((done, fail) => fdatasync(file, thrown => (thrown === null ? done() : fail(thrown))))

const isFull = (thrown: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes((thrown as NodeJS.ErrnoException).code ?? '')

function broken(place: string, thrown: unknown): Fault {
  const { code, message } = thrown as NodeJS.ErrnoException
  const words: Record<string, string> = {
    ENOSPC: 'the disk is full',
    EDQUOT: 'the disk quota is used up',
    EROFS: 'the disk is read-only',
    EACCES: 'the folder may not be written to',
    EIO: 'the disk does not answer as it should',
  }
  return new Fault('SPOOL_BROKEN', `records cannot be written: ${words[code ?? ''] ?? message}`, {
    where: place,
    fix: 'make room or mend the disk: writing goes on by itself',
    kind: 'outside',
  })
}
