// Captured calls in; a folder for each UTC day under DATA/captures, sealed, read back, and gone once it expires, out.
import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inflateRawSync } from 'node:zlib'
import { Fault } from '../../core/fault/fault.ts'
import { putOnce } from '../put-once.ts'
import type { CaptureKey } from './capture-key.ts'
import { captureDefaults } from './capture-settings.ts'
import { newDayKey, openDayKey, unseal } from './sealed.ts'

/** What is kept of a call beside its bytes: nothing that its record in the ledger does not say. */
export interface CaptureFacts {
  /** Names the call, as its record in the ledger does. */
  readonly key: string
  readonly atMicros: number
  readonly wire: string
  readonly upstream: string
  readonly provider: string
  readonly model: string | null
  /** Of the answer. */
  readonly status: number | null
  readonly contentType: string | null
  readonly contentEncoding: string | null
  readonly isWhole: boolean
}

export interface CapturedCall extends CaptureFacts {
  readonly request: Buffer
  readonly answer: Buffer
}

export const capturesFolder = (dataDir: string): string => join(dataDir, 'captures')
export const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10)
const isDay = (name: string): boolean => /^\d{4}-\d{2}-\d{2}$/.test(name)
const keyPath = (folder: string): string => join(folder, 'day.key')

/** A record cannot be moved to another file, day or place within its file. */
export const contextOf = (day: string, file: string, index: number): string => `${day}/${file}#${index}`

/** Lengths first, so that bytes stay what they are: facts ‖ request ‖ answer. */
export function packed({ request, answer, ...facts }: CapturedCall): Buffer {
  const head = Buffer.from(JSON.stringify(facts))
  const lengths = Buffer.alloc(8)
  lengths.writeUInt32BE(head.length, 0)
  lengths.writeUInt32BE(request.length, 4)
  return Buffer.concat([lengths, head, request, answer])
}

function unpacked(bytes: Buffer): CapturedCall {
  const from = 8 + bytes.readUInt32BE(0)
  const to = from + bytes.readUInt32BE(4)
  const facts = JSON.parse(bytes.toString('utf8', 8, from)) as CaptureFacts
  return { ...facts, request: bytes.subarray(from, to), answer: bytes.subarray(to) }
}

/** The key of a day, made by whoever comes first. */
export function dayKey(folder: string, day: string, keys: readonly CaptureKey[], keepDays: number): Buffer {
  const path = keyPath(folder)
  if (!existsSync(path)) putOnce(path, newDayKey(keys[0]!, day, keepDays))
  return openDayKey(keys, readFileSync(path, 'utf8'), day)
}

/** A captured call, or why it cannot be read. */
export type CaptureRead = { readonly call: CapturedCall } | { readonly where: string; readonly reason: string }

/** Calls of the days that are still readable, oldest day first. One that was altered is told and left out. */
export function* readCaptures(dataDir: string, keys: readonly CaptureKey[]): Generator<CaptureRead> {
  for (const day of captureDays(dataDir)) {
    const folder = join(capturesFolder(dataDir), day)
    let secret: Buffer
    try {
      secret = openDayKey(keys, readFileSync(keyPath(folder), 'utf8'), day)
    } catch (thrown) {
      yield { where: day, reason: thrown instanceof Fault ? thrown.message : 'its key is gone: nobody can read it' }
      continue
    }
    for (const file of readdirSync(folder)
      .filter(name => name.endsWith('.sealed'))
      .sort()) {
      yield* readFile(join(folder, file), secret, day, file)
    }
  }
}

function* readFile(path: string, secret: Buffer, day: string, file: string): Generator<CaptureRead> {
  const bytes = readFileSync(path)
  let at = 0
  for (let index = 0; at < bytes.length; index++) {
    const where = contextOf(day, file, index)
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : Number.POSITIVE_INFINITY
    if (at + 4 + length > bytes.length) {
      yield { where, reason: 'it ends within a record' }
      return
    }
    try {
      yield { call: unpacked(inflateRawSync(unseal(secret, bytes.subarray(at + 4, at + 4 + length), where))) }
    } catch (thrown) {
      yield { where, reason: thrown instanceof Fault ? thrown.message : 'it cannot be read' }
    }
    at += 4 + length
  }
}

export function captureDays(dataDir: string): string[] {
  const folder = capturesFolder(dataDir)
  return existsSync(folder) ? readdirSync(folder).filter(isDay).sort() : []
}

/** Bytes on the disk of each day. */
export const captureSizes = (dataDir: string): { day: string; bytes: number }[] =>
  captureDays(dataDir).map(day => {
    const folder = join(capturesFolder(dataDir), day)
    return { day, bytes: readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) }
  })

/** Whether a day has been over for longer than captures are kept. */
export const isExpired = (day: string, keepDays: number, nowMs: number): boolean =>
  Date.parse(`${day}T00:00:00Z`) + (keepDays + 1) * 86_400_000 <= nowMs

/** What was promised when the day's key was made; the default where it does not say. */
function promisedDays(dataDir: string, day: string): number {
  try {
    const told = JSON.parse(readFileSync(keyPath(join(capturesFolder(dataDir), day)), 'utf8')) as { keepDays?: unknown }
    return typeof told.keepDays === 'number' ? told.keepDays : captureDefaults.keepDays
  } catch {
    return captureDefaults.keepDays
  }
}

/** Days that are past their time: by the settings in force, else by what was promised when they were begun. */
export const expiredDays = (dataDir: string, keepDays: number | null, nowMs: number): string[] =>
  captureDays(dataDir).filter(day => isExpired(day, keepDays ?? promisedDays(dataDir, day), nowMs))

/**
 * Removes days that are past their time: the day's key first, with which all else of it is lost, also where a copy of the
 * sealed files lies elsewhere. Gives the days that went.
 */
export function expireCaptures(dataDir: string, keepDays: number | null, nowMs: number): string[] {
  const gone = expiredDays(dataDir, keepDays, nowMs)
  for (const day of gone) {
    const folder = join(capturesFolder(dataDir), day)
    rmSync(keyPath(folder), { force: true })
    rmSync(folder, { recursive: true, force: true })
  }
  return gone
}
