// A calibration → a file that a person can read, and back. Loads yaml and zod: import lazily.
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import type { BareServer } from '../core/serving/calibration/bare-server.ts'
import type { Calibrated, CalibrationError } from '../core/serving/calibration/calibration.ts'
import type { LoadPoint } from '../core/serving/calibration/load-point.ts'
import { figureNames } from '../core/serving/calibration/replay.ts'
import { type Scales, scaleNames } from '../core/serving/calibration/scales.ts'

export interface CalibrationFile extends Calibrated {
  readonly version: 1
  /** UTC, to the second. */
  readonly made: string
  /** Address of the server that was loaded, or the files of records. */
  readonly measured: readonly string[]
  /** What the steps of a server of unknown hardware take, or how far one of known hardware is from the model as it ships. */
  readonly server: BareServer | null
  readonly scales: Scales | null
  readonly error: CalibrationError
  readonly points: readonly LoadPoint[]
}

const seconds = z.number().nonnegative()
const latency = z.strictObject({
  mean: z.number().nullable(),
  p50: z.number().nullable(),
  p95: z.number().nullable(),
  p99: z.number().nullable(),
})
const figure = z.strictObject({ median: z.number(), p90: z.number(), n: z.int() }).nullable()
const errors = z.strictObject(
  Object.fromEntries(figureNames.map(name => [name, figure])) as Record<(typeof figureNames)[number], typeof figure>,
)
const name = z.string().min(1)

const shape: z.ZodType<CalibrationFile> = z.strictObject({
  version: z.literal(1),
  made: name,
  measured: z.array(name),
  model: name,
  gpu: name.nullable(),
  tp: z.int().positive().nullable(),
  pp: z.int().positive(),
  dp: z.int().positive(),
  ep: z.int().positive(),
  weights: name.nullable(),
  kv: name.nullable(),
  engine: name.nullable(),
  engineVersion: name.nullable(),
  scales: z
    .strictObject(
      Object.fromEntries(scaleNames.map(one => [one, z.number().positive()])) as Record<keyof Scales, z.ZodNumber>,
    )
    .nullable(),
  server: z
    .strictObject({
      stepSeconds: seconds,
      sequenceSeconds: seconds,
      contextTokenSeconds: seconds,
      promptStepSeconds: seconds,
      promptTokenSeconds: seconds,
      entrySeconds: seconds,
      maxSequences: z.int().positive().nullable(),
      maxContext: z.int().positive(),
      maxBatchedTokens: z.int().positive(),
    })
    .nullable(),
  error: z.strictObject({ before: errors.nullable(), after: errors, heldOut: errors.nullable() }),
  points: z.array(
    z.strictObject({
      source: name,
      concurrency: z.number().positive().nullable(),
      offeredPerSecond: z.number().positive().nullable(),
      inputTokens: z.number().positive(),
      outputTokens: z.number().positive(),
      lengthRatio: z.number().min(0).max(1),
      requests: z.number().positive().nullable(),
      outputTokensPerSecond: z.number().positive().nullable(),
      ttftMs: latency,
      tpotMs: latency,
    }),
  ),
})

const head = `# A calibration of Crossline's serving model: what a real server did, and what was fitted to it.
# predict, simulate, capacity and crossover use it for this server; crossline calibrate makes it anew.
`

/** Written whole or not at all. Numbers are kept to six digits: more is noise. */
export function writeCalibration(path: string, calibration: CalibrationFile): void {
  const short = JSON.parse(
    JSON.stringify(calibration, (_, value) => (typeof value === 'number' ? Number(value.toPrecision(6)) : value)),
  )
  const written = `${path}.new`
  writeFileSync(written, head + stringify(short, { lineWidth: 120 }))
  renameSync(written, path)
}

/** @throws Fault FILE_UNREADABLE, CALIBRATION_INVALID naming the field */
export function readCalibration(path: string): CalibrationFile {
  let value: unknown
  try {
    value = parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message.split('\n')[0]! : String(thrown)
    throw new Fault(
      'FILE_UNREADABLE',
      `cannot be read: ${message}`,
      { where: path, fix: 'give a file that crossline calibrate wrote' },
      { cause: thrown },
    )
  }
  const checked = shape.safeParse(value)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  throw new Fault('CALIBRATION_INVALID', `${issue!.path.join('.') || 'the file'}: ${issue!.message}`, {
    where: path,
    fix: 'make it anew with crossline calibrate',
  })
}
