// A file and what the user says about it → its calls in the ledger; the bundled sample makes room for them.
import { basename } from 'node:path'
import { z } from 'zod'
import { countedTwice } from '../ask/counted-twice.ts'
import { arrivalProfile } from '../catalog/arrival-profiles.ts'
import { countedTwiceText } from '../core/decide/counted-twice.ts'
import { Fault } from '../core/fault/fault.ts'
import { mayBeOneSeller } from '../core/meter/seller.ts'
import type { ImportResult } from '../intake/account.ts'
import { type ImportProgress, importFile } from '../intake/import.ts'
import { type ImportOptions, profileNames } from '../intake/importer.ts'
import type { LedgerReads } from '../ledger/ledger.ts'
import { microsOf } from './instants.ts'
import type { OperationIo } from './operation.ts'
import { dropSample } from './sample.ts'
import type { Workplace } from './workplace.ts'

const name = z.string().min(1).optional()

export const importShape = {
  format: name.meta({ description: 'format; default: detected' }),
  map: z.record(z.string(), z.string()).optional().meta({ description: 'field → column, for generic tables' }),
  provider: name,
  model: name,
  workload: name,
  feature: name,
  team: name,
  environment: name,
  start: name.meta({ description: 'first moment of relative times; when a batch ran whose results do not say' }),
  at: name.meta({ description: 'when a scrape was made that does not say it' }),
  server: name.meta({ description: 'whose scrapes these are; default: their pod or instance label' }),
  seed: z.int().nonnegative().optional(),
  profile: z
    .enum(profileNames)
    .optional()
    .meta({ description: 'how requests of a daily or hourly sum arrive within it; default: diurnal' }),
  tokensPerRequest: z
    .number()
    .positive()
    .optional()
    .meta({ description: 'size of a request, where sums do not say how many there were' }),
  idSpace: name.meta({ description: 'where ids are unique, when two systems number their calls alike' }),
}

const importParams = z.strictObject(importShape)
export type ImportParams = z.infer<typeof importParams>
export type Imported = ImportResult & { readonly sampleDropped: boolean }

/** Imports the file that came along. @throws Fault of the file; the ledger is then as it was */
export async function runImport(workplace: Workplace, params: ImportParams, io: OperationIo): Promise<Imported> {
  if (io.file === null) throw new Fault('FILE_MISSING', 'no file came along', { fix: 'send its bytes as the body' })
  const { start, at, ...rest } = params
  const options = {
    ...rest,
    name: io.file.name,
    ...(start === undefined ? {} : { startMicros: microsOf(start, 'UTC', '--start') }),
    ...(at === undefined ? {} : { scrapedAtMicros: microsOf(at, 'UTC', '--at') }),
  } satisfies ImportOptions
  const ledger = await workplace.ledger()
  const result = await importFile(ledger, io.file.path, options, {
    book: await workplace.priceBook(),
    profile: arrivalProfile,
    dataDir: workplace.dataDir,
    progress: step => io.progress(progressText(basename(io.file!.name), step)),
  })
  // A bill, or a server's metrics, say nothing of the calls that they are for: the sample stays until there are some.
  const isTraffic = result.added > 0 && result.billed === null && result.format !== 'vllm-metrics'
  const hasSample = isTraffic && (await ledger.sources()).some(source => source.sample)
  if (hasSample) await dropSample(workplace)
  const twice = result.added > 0 ? await countedWith(ledger, result) : []
  return { ...result, notes: [...result.notes, ...twice], sampleDropped: hasSample }
}

/** Of a file of sums, or of calls that sums tell of too: that both are counted. */
async function countedWith(ledger: LedgerReads, { source, firstAt, lastAt }: ImportResult): Promise<string[]> {
  if (firstAt === null || lastAt === null) return []
  // By whole days, as sums are.
  const fromMicros = Math.floor(Date.parse(firstAt) / 86_400e3) * 86_400e6
  const period = { fromMicros, toMicros: Date.parse(lastAt) * 1000 + 86_400e6 }
  const found = await countedTwice(ledger, period)
  if (found.length === 0) return []
  const { rows } = await ledger.report({ where: { source } }, ['provider'], 'UTC')
  const own = rows.map(({ key }) => key.provider ?? null)
  return found
    .filter(one => one.source === source || own.some(provider => mayBeOneSeller(provider, one.provider)))
    .map(countedTwiceText)
}

function progressText(name: string, step: ImportProgress): string {
  if (step.phase === 'load') return `${name}: loading and pricing ${step.rows.toLocaleString('en-US')} rows`
  const share = step.totalBytes === 0 ? 1 : step.bytes / step.totalBytes
  const filled = Math.round(share * 20)
  return `${name}: reading ${'█'.repeat(filled)}${'░'.repeat(20 - filled)} ${Math.round(share * 100)} %`
}
