// The data folder in; GPUs, open models, leases and hosted offers out, found by id or by the names people use.
import type { DedicatedRow, LeaseRow } from '../core/decide/evidence.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import type { Gpu } from '../core/serving/hardware/hardware.ts'
import type { ReplicaShape } from '../core/serving/hardware/memory.ts'
import type { Model } from '../core/serving/hardware/model.ts'
import { loadDedicated, loadHostAdapters } from './dedicated.ts'
import { gpuAliases, loadGpus } from './gpus.ts'
import { loadLeases } from './leases.ts'
import { architectureOf, bareName, loadModels } from './models.ts'
import { type HostedOffer, loadOffers } from './offers.ts'
import { type OwnFiles, ownFactsText, ownFiles, readOwnModels, readOwnOffers } from './own-facts.ts'
import { calibratedShape, doubtsOf, type OwnServers, readOwnServers } from './own-servers.ts'

/** All dated facts that ship with the package, read and checked once. */
export interface Facts {
  readonly gpus: readonly Gpu[]
  readonly models: readonly Model[]
  readonly leases: readonly LeaseRow[]
  readonly offers: readonly HostedOffer[]
  /** Endpoints by the hour. */
  readonly dedicated: readonly DedicatedRow[]
  /** By host, whether its tier by the token serves a customer's own adapters; null = not known. */
  readonly adapters: ReadonlyMap<string, boolean | null>
}

/** A model's name resolved: whose weights, and which architecture they have. */
export interface Weights {
  /** Catalog name of the weights: what a price or a quality belongs to. */
  readonly weights: string
  /** Id of the architecture in the model catalog, null when it is not there: what speed and memory belong to. */
  readonly architecture: string | null
  /** True when the architecture is said to be the same but was not checked. */
  readonly presumed: boolean
}

interface Index {
  readonly facts: Facts
  readonly gpus: ReadonlyMap<string, Gpu>
  readonly models: ReadonlyMap<string, Model>
  /** Every known spelling → catalog name of the weights; null = it means two things. */
  readonly weights: ReadonlyMap<string, string | null>
  readonly own: OwnServers
}

let index: Index | null = null
let ownPlace: OwnFiles | null = null
let ownText: string | null = null

/**
 * Lays a team's own models and offers (beside its crossline.yaml) over the shipped ones, from now on and for this process;
 * asked again it reads them only if they have changed. Returns their text, null without any: what answers depend on.
 * @throws Fault DATA_INVALID naming file and field
 */
export function useOwnFacts(configFile: string): string | null {
  const files = withCalibration(ownFiles(configFile))
  const text = ownFactsText(files)
  if (files.models !== ownPlace?.models || text !== ownText) index = null
  ownPlace = files
  ownText = text
  return text
}

let statedCalibration: string | null = null

/** Takes a calibration from a stated file, beside those of the configuration file's folder; before `useOwnFacts`. */
export function stateCalibration(path: string | null): void {
  statedCalibration = path
}

const withCalibration = (files: OwnFiles): OwnFiles =>
  statedCalibration === null || files.calibrations.includes(statedCalibration)
    ? files
    : { ...files, calibrations: [...files.calibrations, statedCalibration] }

/** The shape as the team's newest calibration of such replicas has it, or as it is. */
export const calibrated = <Shape extends ReplicaShape>(shape: Shape): Shape => calibratedShape(shape, indexed().own)

/** What own calibrations and backtests say of how far off forecasts of this shape are: for an answer's assumptions. */
export const doubtsAbout = (shape: ReplicaShape): ReturnType<typeof doubtsOf> => doubtsOf(shape, indexed().own)

/** The facts of the data folder, a team's own on top. Throws DATA_INVALID (file, line, field) when a row does not parse. */
export function loadFacts(): Facts {
  return indexed().facts
}

/** The GPU of that id or alias (`h100` = `h100-sxm-80gb`). Throws GPU_UNKNOWN naming the nearest. */
export function gpuById(name: string, where = '--gpu'): Gpu {
  const { gpus, facts } = indexed()
  const key = name.trim().toLowerCase()
  const gpu = gpus.get(key) ?? gpus.get(gpuAliases[key] ?? '')
  if (gpu) return gpu
  const starting = facts.gpus.filter(row => row.id.startsWith(`${key}-`)).map(row => row.id)
  const message = starting.length > 0 ? `"${name}" could be ${starting.join(', ')}` : `no GPU "${name}" in the catalog`
  const near = nearestName(key, [...gpus.keys(), ...Object.keys(gpuAliases)])
  throw new Fault(starting.length > 0 ? 'GPU_AMBIGUOUS' : 'GPU_UNKNOWN', message, {
    where,
    fix: starting.length > 0 ? 'name one of them' : hint(near, `one of ${facts.gpus.map(row => row.id).join(', ')}`),
  })
}

/**
 * The architecture of that id, alias or Hugging Face name, also by the name of other weights that share it
 * (`llama-3.3-70b` → the row llama-3.1-70b; `weightsOf` tells them apart). Throws MODEL_UNKNOWN naming the nearest.
 */
export function modelById(name: string, where = '--model'): Model {
  const { models, facts, weights } = indexed()
  const found = weightsOf(name)
  const model = found?.architecture ? models.get(found.architecture) : undefined
  if (model) return model
  if (found) {
    throw new Fault('MODEL_CLOSED', `the architecture of "${found.weights}" is not in the model catalog`, {
      where,
      fix: 'name an open model of data/models.json, such as llama-3.1-70b',
    })
  }
  if (weights.get(bareName(name)) === null) {
    throw new Fault('MODEL_AMBIGUOUS', `"${name}" means more than one model`, {
      where,
      fix: 'use an id of data/models.json',
    })
  }
  const near = nearestName(bareName(name), [...facts.models.map(row => row.id), ...Object.keys(architectureOf)])
  throw new Fault('MODEL_UNKNOWN', `no model "${name}" in the catalog`, {
    where,
    fix: hint(near, 'an id of data/models.json'),
  })
}

/**
 * Which weights a model's name stands for, as a host, a log or a person writes it; null when the catalog does not know
 * it. Frontier models resolve too, without an architecture.
 */
export function weightsOf(name: string): Weights | null {
  const { weights, models } = indexed()
  const canonical = weights.get(name.trim().toLowerCase()) ?? weights.get(bareName(name)) ?? null
  if (canonical === null) return null
  const shape = architectureOf[canonical]
  const architecture = shape?.id ?? canonical
  return {
    weights: canonical,
    architecture: models.has(architecture) ? architecture : null,
    presumed: shape?.presumed ?? false,
  }
}

/** Hosted offers of exactly these weights; `all` includes what is left out by default. */
export function offersOf(weights: string, { all = false } = {}): readonly HostedOffer[] {
  return indexed().facts.offers.filter(offer => offer.weights === weights && (all || offer.leftOut === null))
}

function hint(near: string | null, otherwise: string): string {
  return near === null ? `use ${otherwise}` : `did you mean ${near}?`
}

function indexed(): Index {
  index ??= build()
  return index
}

function build(): Index {
  const gpus = loadGpus()
  const models = [...loadModels(), ...(ownPlace === null ? [] : readOwnModels(ownPlace))]
  const modelsById = new Map(models.map(model => [model.id, model]))
  const offers = loadOffers(new Set(modelsById.keys()), ownPlace === null ? [] : readOwnOffers(ownPlace))
  const weights = new Map<string, string | null>()
  const own = new Set([...modelsById.keys(), ...Object.keys(architectureOf), ...offers.map(offer => offer.weights)])
  const learn = (spelling: string, canonical: string) => {
    const known = weights.get(spelling)
    if (known === undefined) weights.set(spelling, canonical)
    // Two meanings: neither, unless one is the catalog's own id.
    else if (known !== canonical && !own.has(spelling)) weights.set(spelling, null)
  }
  for (const id of own) weights.set(id, id)
  for (const model of models) {
    learn(model.hfId.toLowerCase(), model.id)
    learn(bareName(model.hfId), model.id)
  }
  for (const id of own) learn(bareName(id), id)
  for (const offer of offers) {
    learn(offer.modelAsListed.toLowerCase(), offer.weights)
    learn(bareName(offer.modelAsListed), offer.weights)
  }
  return {
    facts: { gpus, models, leases: loadLeases(), offers, dedicated: loadDedicated(), adapters: loadHostAdapters() },
    gpus: new Map(gpus.map(gpu => [gpu.id, gpu])),
    models: modelsById,
    weights,
    own: ownPlace === null ? { calibrations: [], backtests: [] } : readOwnServers(ownPlace),
  }
}
