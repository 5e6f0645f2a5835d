// Backtests of a team's own fleets, kept beside its crossline.yaml: how far the simulation was off, for every later forecast of that fleet.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import { checkedFacts } from './table.ts'

const error = z.object({ median: z.number(), p90: z.number(), ratio: z.number(), hours: z.int() }).nullable()

const kept = z.object({
  model: z.string(),
  gpu: z.string(),
  gpusPerReplica: z.int(),
  weights: z.string(),
  from: z.string(),
  to: z.string(),
  calls: z.int(),
  error: z.object({ busyGpuHours: error, ttftP50Ms: error, ttftP95Ms: error, tpotP50Ms: error }),
})

/** What is remembered of one backtest. */
export type KeptBacktest = z.infer<typeof kept>

const file = z.object({ schema: z.string(), backtests: z.array(kept) })

export const backtestsFile = (configFile: string): string =>
  join(dirname(resolve(configFile)), 'crossline.backtests.json')

/** None without the file. @throws Fault DATA_INVALID naming file and field */
export function readBacktests(path: string): readonly KeptBacktest[] {
  if (!existsSync(path)) return []
  let raw: unknown
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    throw new Fault('DATA_INVALID', (thrown as Error).message, { where: path, fix: 'correct the JSON' })
  }
  return checkedFacts(file, raw, path, 'run crossline backtest again').backtests
}

/** The newest of a fleet takes the place of the one before. Written whole or not at all. */
export function keepBacktest(path: string, backtest: KeptBacktest): void {
  const others = readBacktests(path).filter(one => !isSameFleet(one, backtest))
  const written = `${path}.new`
  const value = { schema: 'crossline backtests, one a fleet', backtests: [...others, backtest] }
  writeFileSync(written, `${JSON.stringify(value, null, 1)}\n`)
  renameSync(written, path)
}

type FleetOfBacktest = Pick<KeptBacktest, 'model' | 'gpu' | 'gpusPerReplica' | 'weights'>

const isSameFleet = (a: FleetOfBacktest, b: FleetOfBacktest): boolean =>
  a.model === b.model && a.gpu === b.gpu && a.gpusPerReplica === b.gpusPerReplica && a.weights === b.weights
