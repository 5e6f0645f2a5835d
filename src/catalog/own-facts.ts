// Facts that a team adds itself, models and hosted offers: kept beside its crossline.yaml, in the shape of the catalog's own rows.
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { Fault } from '../core/fault/fault.ts'
import type { Model } from '../core/serving/hardware/model.ts'
import { modelsFile } from './models.ts'
import { type OfferRecord, offersFile, ownOffersName, soldBy } from './offers.ts'
import { backtestsFile } from './own-backtests.ts'
import { checkedFacts } from './table.ts'

/** The files of a team's own facts, whether they exist or not: beside the configuration file. */
export interface OwnFiles {
  readonly models: string
  readonly offers: string
  /** What was found on own servers and fleets; only those that exist. */
  readonly calibrations: readonly string[]
  readonly backtests: string
}

export function ownFiles(configFile: string): OwnFiles {
  const folder = dirname(resolve(configFile))
  return {
    models: join(folder, 'crossline.models.json'),
    offers: join(folder, ownOffersName),
    calibrations: calibrationsIn(folder),
    backtests: backtestsFile(configFile),
  }
}

function calibrationsIn(folder: string): readonly string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter(name => /^crossline\.calibration\..*\.ya?ml$/.test(name))
  return names.sort().map(name => join(folder, name))
}

/** What the files say, as text: what answers depend on. Null = none exists. */
export const ownFactsText = ({ models, offers, calibrations, backtests }: OwnFiles): string | null =>
  textOf([models, offers, ...calibrations, backtests])

/** The same of what prices depend on. */
export const ownPricesText = ({ models, offers }: OwnFiles): string | null => textOf([models, offers])

function textOf(paths: readonly string[]): string | null {
  const texts = paths.map(path => (existsSync(path) ? readFileSync(path, 'utf8') : null))
  return texts.every(text => text === null) ? null : JSON.stringify(texts)
}

/** A team's own models; none without the file. @throws Fault DATA_INVALID naming file and field */
export const readOwnModels = ({ models }: OwnFiles): readonly Model[] => read(models, modelsFile)?.models ?? []

/** A team's own offers; none without the file. @throws Fault DATA_INVALID naming file and field */
export const readOwnOffers = ({ offers }: OwnFiles): readonly OfferRecord[] => read(offers, offersFile)?.offers ?? []

/**
 * Adds a model, or replaces the team's own of that id; written whole or not at all.
 * @throws Fault MODEL_EXISTS when the id is one of `shipped`
 */
export function addOwnModel(files: OwnFiles, model: Model, shipped: readonly string[]): { readonly replaced: boolean } {
  if (shipped.includes(model.id)) {
    throw new Fault('MODEL_EXISTS', `"${model.id}" is a model of the shipped catalog`, {
      where: '--id',
      fix: 'give another id: history that names the shipped one must keep its meaning',
    })
  }
  const before = readOwnModels(files)
  const models = [...before.filter(({ id }) => id !== model.id), model]
  write(files.models, { schema: 'crossline own models, rows as in data/models.json', models })
  return { replaced: models.length === before.length }
}

/** Adds offers; those of the same host and weights that were there before go, so that the newest answer counts. */
export function addOwnOffers(files: OwnFiles, rows: readonly OfferRecord[]): { readonly replaced: number } {
  const sold = new Set(rows.map(soldBy))
  const before = readOwnOffers(files)
  const kept = before.filter(row => !sold.has(soldBy(row)))
  write(files.offers, {
    schema: 'crossline own offers, rows as in data/hosted-offers.csv',
    offers: [...kept, ...rows],
  })
  return { replaced: before.length - kept.length }
}

function read<S extends z.ZodType>(path: string, schema: S): z.output<S> | null {
  if (!existsSync(path)) return null
  let raw: unknown
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    throw new Fault('DATA_INVALID', (thrown as Error).message, { where: path, fix: 'correct the JSON' })
  }
  return checkedFacts(schema, raw, path, 'correct the field, or add the fact again')
}

function write(path: string, value: unknown): void {
  const written = `${path}.new`
  writeFileSync(written, `${JSON.stringify(value, null, 1)}\n`)
  renameSync(written, path)
}
