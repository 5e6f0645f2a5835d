// Models that a team added itself: kept in one file beside its crossline.yaml, in the shape of the catalog's own rows.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Fault } from '../core/fault/fault.ts'
import type { Model } from '../core/serving/model.ts'
import { modelsFile } from './models.ts'
import { checkedFacts } from './table.ts'

const schema = 'crossline own models, rows as in data/models.json'

/** Where a team's own models are, whether they exist or not: beside the configuration file. */
export function ownModelsFile(configFile: string): string {
  return join(dirname(resolve(configFile)), 'crossline.models.json')
}

/** The models of such a file. @throws Fault DATA_INVALID naming file and field */
export function readOwnModels(path: string): readonly Model[] {
  let raw: unknown
  try {
    raw = JSON.parse(readFileSync(path, 'utf8'))
  } catch (thrown) {
    throw new Fault('DATA_INVALID', (thrown as Error).message, { where: path, fix: 'correct the JSON' })
  }
  return checkedFacts(modelsFile, raw, path, 'correct the field, or add the model again with crossline models add')
    .models
}

/**
 * Adds a model to the file, or replaces the team's own of that id; written whole or not at all.
 * @throws Fault MODEL_EXISTS when the id is one of `shipped`
 */
export function addOwnModel(path: string, model: Model, shipped: readonly string[]): { readonly replaced: boolean } {
  if (shipped.includes(model.id)) {
    throw new Fault('MODEL_EXISTS', `"${model.id}" is a model of the shipped catalog`, {
      where: '--id',
      fix: 'give another id: history that names the shipped one must keep its meaning',
    })
  }
  const before = existsSync(path) ? readOwnModels(path) : []
  const models = [...before.filter(({ id }) => id !== model.id), model]
  const written = `${path}.new`
  writeFileSync(written, `${JSON.stringify({ schema, models }, null, 1)}\n`)
  renameSync(written, path)
  return { replaced: models.length === before.length }
}
