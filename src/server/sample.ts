// The bundled sample in and out of a ledger: there while nothing else is, gone with the first call of one's own.
import { createWriteStream, existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { callsAmong } from '../ask/slices.ts'
import { drawSample, type Sample } from '../catalog/sample.ts'
import type { LoadPlan } from '../core/meter/load.ts'
import { usageKinds } from '../core/meter/usage.ts'
import { priceCallsOf } from './prices.ts'
import type { Workplace } from './workplace.ts'

const columns = ['at', 'provider', 'model', 'feature', 'environment', 'team', 'input', 'output'] as const

/** Loads the sample into a ledger without calls; returns whether what is there now is the sample. */
export async function ensureSample(workplace: Workplace): Promise<boolean> {
  const ledger = await workplace.ledger()
  const sources = await ledger.sources()
  if (sources.length > 0) return callsAmong(sources).sample
  // Once dropped it stays away: an empty ledger is then what was asked for.
  if (existsSync(droppedMark(workplace))) return false
  const folder = join(workplace.dataDir, 'uploads')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'sample.csv')
  try {
    const sample = drawSample()
    await pipeline(Readable.from(csvOf(sample)), createWriteStream(path))
    await ledger.load(planOf(path, sample.n), await priceCallsOf(workplace), { onReject: () => {} })
  } finally {
    await rm(path, { force: true })
  }
  return true
}

/** Removes every source that is marked as sample, for good; returns how many calls went. */
export async function dropSample(workplace: Workplace): Promise<number> {
  const ledger = await workplace.ledger()
  let removed = 0
  for (const source of await ledger.sources()) {
    if (source.sample) removed += await ledger.undo(source.source)
  }
  await writeFile(droppedMark(workplace), '')
  return removed
}

function droppedMark(workplace: Workplace): string {
  return join(workplace.dataDir, 'sample-dropped')
}

/** A file and a bulk load take two seconds where call by call would take twenty. */
function* csvOf(sample: Sample): Generator<string> {
  const middle = sample.features.map(
    ({ provider, model, feature, environment, team }) => `,${provider},${model},${feature},${environment},${team},`,
  )
  yield `${columns.join(',')}\n`
  const piece: string[] = []
  for (let i = 0; i < sample.n; i++) {
    piece.push(`${sample.atMicros[i]}${middle[sample.feature[i]!]}${sample.input[i]},${sample.output[i]}\n`)
    if (piece.length === 5000) yield piece.splice(0).join('')
  }
  yield piece.join('')
}

function planOf(path: string, calls: number): LoadPlan {
  const text = (column: string) => ({ column, fallback: null })
  const count = (column: string) => ({ column, minus: [], required: true })
  return {
    source: 'sample',
    namespace: 'sample',
    name: 'bundled sample',
    where: 'bundled sample',
    format: 'sample',
    sample: true,
    // The same on every machine, so that an answer's cache key is too.
    importedAtMicros: 0,
    file: {
      path,
      container: 'csv',
      gzip: false,
      delimiter: ',',
      columns,
      paths: [],
      headerLines: 1,
      lineBreaks: calls + 1,
      longestLineBytes: 400,
    },
    time: { kind: 'epoch', column: 'at', unitMicros: 1, originMicros: 0, spreadMicros: null },
    id: null,
    text: {
      provider: text('provider'),
      model: text('model'),
      feature: text('feature'),
      environment: text('environment'),
      team: text('team'),
    },
    counts: { input: count('input'), output: count('output') },
    none: usageKinds.filter(kind => kind !== 'input' && kind !== 'output' && kind !== 'reasoning'),
    ttftMs: null,
    latencyMs: null,
    reportedUsd: null,
    outcome: null,
    tags: {},
    prefixBlocks: null,
  }
}
