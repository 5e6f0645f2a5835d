// A data folder and what is to be kept in; a sink that takes calls without making any wait, seals them and writes them behind their backs, out.
import { randomBytes } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { deflateRaw } from 'node:zlib'
import { many } from '../../core/fault/many.ts'
import type { Opened } from '../../core/meter/call-record.ts'
import type { CaptureSink, Capturing } from '../../gateway/capture.ts'
import type { Say } from '../log.ts'
import { type CapturedCall, capturesFolder, contextOf, dayKey, dayOf, packed } from './capture-files.ts'
import { captureKeys } from './capture-key.ts'
import { type CaptureSettings, captureDefaults, isWanted } from './capture-settings.ts'
import { seal } from './sealed.ts'
import { sweepCaptures } from './sweep.ts'

const deflated = promisify(deflateRaw)

/** Bytes that wait for the disk or belong to calls that still run: beyond them calls are not kept. */
const mostHeldBytes = 64 * 1024 * 1024
/** A file is read whole: beyond this another is begun. */
const longestFile = 256 * 1024 * 1024

export const captureOutcomes = ['kept', 'no room', 'too long', 'not written'] as const
export type CaptureOutcome = (typeof captureOutcomes)[number]

export interface Captures extends CaptureSink {
  /** Calls that were wanted, by what came of it. */
  readonly counts: Readonly<Record<CaptureOutcome, number>>
  /** Writes what waits. */
  close(): Promise<void>
}

export interface CapturesTools {
  readonly worker: string
  readonly say: Say
  readonly nowMs?: () => number
}

/** Throws the Fault of a key that cannot be used: who asked for captures is told at once that there would be none. */
export function openCaptures(
  dataDir: string,
  settings: CaptureSettings,
  { worker, say, nowMs = Date.now }: CapturesTools,
): Captures {
  const { mostBytes = captureDefaults.mostBytes, keepDays = captureDefaults.keepDays } = settings
  const keys = captureKeys(dataDir, settings.keyFile, { make: true })
  const counts: Record<CaptureOutcome, number> = { kept: 0, 'no room': 0, 'too long': 0, 'not written': 0 }
  const born = randomBytes(4).toString('hex')
  let files = 0
  let held = 0
  let queue: CapturedCall[] = []
  let writing: Promise<void> | null = null
  let current: { day: string; file: string; secret: Buffer; handle: FileHandle; index: number; bytes: number } | null =
    null
  let saidMs = Number.NEGATIVE_INFINITY

  const drop = (outcome: CaptureOutcome) => {
    counts[outcome]++
    if (nowMs() - saidMs < 60_000) return
    saidMs = nowMs()
    const lost = captureOutcomes.filter(one => one !== 'kept' && counts[one] > 0)
    say(`captures dropped so far: ${lost.map(one => `${many(counts[one], 'call')} (${one})`).join(', ')}`, 'error')
  }

  const stopSweeping = sweepCaptures(dataDir, keepDays, { say, nowMs })

  function begin(opened: Opened, request: Buffer): Capturing | null {
    if (!isWanted(settings, opened)) return null
    if (request.length > mostBytes) {
      drop('too long')
      return null
    }
    if (held + request.length > mostHeldBytes) {
      drop('no room')
      return null
    }
    held += request.length
    return capturing(opened, request)
  }

  function capturing(opened: Opened, request: Buffer): Capturing {
    let pieces: Buffer[] = []
    let bytes = 0
    let failed: CaptureOutcome | null = null
    let status: number | null = null
    let rawHeaders: readonly string[] = []
    const forget = () => {
      held -= bytes
      pieces = []
      bytes = 0
    }
    const give = (outcome: CaptureOutcome) => {
      failed = outcome
      forget()
    }
    return {
      head(code, headers) {
        forget()
        status = code
        rawHeaders = headers
      },
      data(piece) {
        if (failed !== null) return
        if (bytes + piece.length > mostBytes) return give('too long')
        if (held + piece.length > mostHeldBytes) return give('no room')
        held += piece.length
        bytes += piece.length
        pieces.push(piece)
      },
      end(isWhole) {
        if (failed !== null) {
          held -= request.length
          return drop(failed)
        }
        queue.push({
          key: opened.key,
          atMicros: opened.atMicros,
          wire: opened.wire,
          upstream: opened.upstream,
          provider: opened.provider,
          model: opened.model,
          status,
          contentType: headerIn(rawHeaders, 'content-type'),
          contentEncoding: headerIn(rawHeaders, 'content-encoding'),
          isWhole,
          request,
          answer: pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces),
        })
        writing ??= new Promise<void>(done => setImmediate(done)).then(drain)
      },
    }
  }

  async function drain(): Promise<void> {
    while (queue.length > 0) {
      const batch = queue
      queue = []
      for (const call of batch) {
        try {
          await write(call)
          counts.kept++
        } catch {
          drop('not written')
        }
        held -= call.request.length + call.answer.length
      }
    }
    writing = null
  }

  async function write(call: CapturedCall): Promise<void> {
    const day = dayOf(call.atMicros / 1000)
    if (current === null || current.day !== day || current.bytes > longestFile) {
      await current?.handle.close()
      current = null
      const folder = join(capturesFolder(dataDir), day)
      mkdirSync(folder, { recursive: true, mode: 0o700 })
      const secret = dayKey(folder, day, keys, keepDays)
      // Another file whenever a day is opened: a place within a file is taken once.
      const file = `${worker}-${born}-${++files}.sealed`
      const handle = await open(join(folder, file), 'ax', 0o600)
      current = { day, file, secret, handle, index: 0, bytes: 0 }
    }
    const { secret, handle, file } = current
    const sealed = seal(secret, await deflated(packed(call)), contextOf(day, file, current.index))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(sealed.length)
    await handle.appendFile(Buffer.concat([length, sealed]))
    current.index++
    current.bytes += 4 + sealed.length
  }

  return {
    begin,
    counts,
    async close() {
      stopSweeping()
      await writing
      await current?.handle.close()
      current = null
    },
  }
}

function headerIn(rawHeaders: readonly string[], name: string): string | null {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2)
    if (rawHeaders[i]!.toLowerCase() === name) return rawHeaders[i + 1]!
  return null
}
