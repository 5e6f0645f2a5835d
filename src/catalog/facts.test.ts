import { expect, test } from 'vitest'
import { Fault } from '../core/fault/fault.ts'
import { countParameters } from '../core/serving/hardware/model.ts'
import { ageDays, staleness } from './age.ts'
import { gpuById, loadFacts, modelById, offersOf, weightsOf } from './facts.ts'
import { gpuAliases } from './gpus.ts'
import { defaultLease, isOdd } from './leases.ts'
import { architectureOf } from './models.ts'
import { defaultHosts } from './offers.ts'

const { gpus, models, leases, offers } = loadFacts()

const faultOf = (run: () => unknown): Fault => {
  try {
    run()
  } catch (thrown) {
    if (thrown instanceof Fault) return thrown
    throw thrown
  }
  throw new Error('expected a fault')
}

test('an unknown model is named beside the flag that gave it', () => {
  expect(() => modelById('lama-3.1-70b')).toThrow(expect.objectContaining({ where: '--model' }))
  expect(() => modelById('lama-3.1-70b', '--as-model')).toThrow(expect.objectContaining({ where: '--as-model' }))
})

test('every row of the four files is read', () => {
  expect([gpus.length, models.length, leases.length, offers.length]).toEqual([29, 82, 257, 1070])
})

test('a parameter count that the architecture does not give to within 1 % says why on its row', () => {
  const off = models.filter(model => Math.abs(countParameters(model).total / model.totalParams - 1) > 0.01)
  expect(off.map(model => model.id)).toEqual(['deepseek-v4-pro'])
  for (const model of off) expect(model.note).toMatch(/recount/)
})

test('ids, leases and offers are unique, and every alias leads to a row', () => {
  for (const ids of [gpus, models, leases, offers].map(rows => rows.map(row => row.id))) {
    expect(new Set(ids).size).toBe(ids.length)
  }
  for (const alias of Object.keys(gpuAliases)) expect(gpus).toContain(gpuById(alias))
  for (const [weights, { id }] of Object.entries(architectureOf)) expect(modelById(weights).id).toBe(id)
  const hosts = new Set(offers.map(offer => offer.host))
  for (const host of defaultHosts) expect(hosts).toContain(host)
})

test('names are understood as people write them', () => {
  expect(gpuById('H100').id).toBe('h100-sxm-80gb')
  expect(modelById('meta-llama/Llama-3.1-8B-Instruct').id).toBe('llama-3.1-8b')
  expect(modelById('Qwen3-32B').id).toBe('qwen3-32b')
  expect(weightsOf('llama-3.3-70b-versatile')?.weights).toBe('llama-3.3-70b')
  expect(weightsOf('meta.llama3-3-70b-instruct-v1:0')?.weights).toBe('llama-3.3-70b')
  expect(weightsOf('claude-sonnet-5')).toEqual({ weights: 'claude-sonnet-5', architecture: null, presumed: false })
  expect(weightsOf('no-such-model')).toBeNull()
})

test('law 9: the same architecture is not the same weights', () => {
  expect(modelById('llama-3.3-70b')).toBe(modelById('llama-3.1-70b'))
  expect(weightsOf('llama-3.3-70b')).not.toEqual(weightsOf('llama-3.1-70b'))
  const sold = offersOf('llama-3.1-70b').map(offer => offer.modelAsListed)
  expect(sold.length).toBeGreaterThan(0)
  expect(sold.filter(name => /3[._-]3/.test(name))).toEqual([])
  expect(weightsOf('glm-4.7')?.presumed).toBe(true)
})

test('an unknown name is refused with the nearest, an ambiguous one with its meanings', () => {
  expect(faultOf(() => modelById('lama-3.1-70b'))).toMatchObject({
    code: 'MODEL_UNKNOWN',
    fix: 'did you mean llama-3.1-70b?',
  })
  expect(faultOf(() => gpuById('h10'))).toMatchObject({ code: 'GPU_UNKNOWN', fix: 'did you mean h100?' })
  expect(faultOf(() => gpuById('a100')).message).toContain('a100-sxm-40gb')
  expect(faultOf(() => modelById('claude-sonnet-5')).code).toBe('MODEL_CLOSED')
})

test('the default lease of an H100 is the middle one of five dated clouds, not the cheapest row', () => {
  // Dated on-demand rows by hand: Hyperstack 3.20, RunPod secure 3.49, Crusoe 3.90, Lambda 3.99, CoreWeave 6.155.
  expect(defaultLease(leases, 'h100-sxm-80gb')).toMatchObject({
    provider: 'crusoe',
    usdPerGpuHour: '3.9',
    asOf: '2026-10-10',
  })
  for (const gpu of gpus) {
    const chosen = defaultLease(leases, gpu.id)
    const sold = leases.filter(lease => lease.gpu === gpu.id && lease.term === 'on_demand' && !isOdd(lease))
    const prices = sold.map(lease => Number(lease.usdPerGpuHour))
    expect(chosen === null, gpu.id).toBe(sold.length === 0)
    if (chosen === null) continue
    expect(Number(chosen.usdPerGpuHour)).toBeGreaterThanOrEqual(Math.min(...prices))
    expect(Number(chosen.usdPerGpuHour)).toBeLessThanOrEqual(Math.max(...prices))
  }
})

test('law 4: a GPU that nobody lists is an unpriced lease, not a free one', () => {
  expect(defaultLease(leases, 'gb200-186gb')).toBeNull()
  expect(leases.filter(lease => Number(lease.usdPerGpuHour) === 0)).toEqual([])
})

test('law 4: no offer costs 0; what a host does not tell is null', () => {
  const prices = offers.flatMap(offer => [offer.usdPerMtokInput, offer.usdPerMtokOutput])
  expect(prices.filter(price => price !== null && Number(price) === 0)).toEqual([])
  expect(offers.filter(offer => offer.usdPerMtokCacheRead === null).length).toBe(573)
})

test('the hosts shown for a model leave out routers, speed tiers, quantised builds and outliers, each with its reason', () => {
  const all = offersOf('llama-3.3-70b', { all: true })
  const reason = (host: string) => all.find(offer => offer.host === host)?.leftOut
  expect(reason('openrouter-via-unstated')).toMatch(/router/)
  expect(reason('cloudflare')).toMatch(/speed tier/)
  expect(reason('together')).toMatch(/quantised/)
  expect(reason('cloudferro')).not.toBeNull()
  expect(offersOf('llama-3.3-70b').map(offer => offer.host)).toContain('bedrock')
  const bedrock = offersOf('llama-3.3-70b').find(offer => offer.host === 'bedrock')
  expect(bedrock).toMatchObject({ usdPerMtokInput: '0.72', usdPerMtokOutput: '0.72', architecture: 'llama-3.1-70b' })
})

test('a price older than 90 days is said to be, an undated one has an unknown age', () => {
  expect(ageDays('2026-10-10', '2026-11-23')).toBe(44)
  expect(ageDays('2026-11-23', '2026-10-10')).toBe(-44)
  expect(staleness('2026-08-25', '2026-11-23')).toBeNull()
  expect(staleness('2026-08-24', '2026-11-23')).toBe('price seen 2026-08-24, 91 days old at 2026-11-23')
  expect(staleness(null, '2026-11-23')).toBe('age unknown')
  expect(faultOf(() => staleness('2026-02-30', '2026-11-23')).code).toBe('DATE_UNREADABLE')
})

test('at 2026-11-23 most hosted offers are stale, and the dated GPU prices that stand for a GPU are not', () => {
  const at = '2026-11-23'
  const stale = offers.filter(offer => offer.observedAt !== null && staleness(offer.observedAt, at) !== null)
  expect(stale.length / offers.length).toBeGreaterThan(0.73)
  const chosen = gpus.flatMap(gpu => defaultLease(leases, gpu.id) ?? [])
  for (const lease of chosen) expect(staleness(lease.asOf, at)).toBe(lease.asOf === null ? 'age unknown' : null)
})
