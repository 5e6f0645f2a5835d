import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FleetTerms } from './answer.ts'
import { type Choices, defaultChoices } from './choices.ts'
import { decide } from './decide.ts'
import { choose, evidenceForTest, leaseForTest } from './evidence-for-test.ts'
import { instanceOf, leaseOf } from './lease.ts'
import { ownHardware } from './own-hardware.ts'
import type { OwnServers } from './own-lease.ts'

const fleetsOf = (choices: Choices, gpusPerReplica = 2) =>
  decide(evidenceForTest({ replicas: [{ gpusPerReplica }] }), choices, { draws: 5 }).options.filter(
    ({ kind }) => kind === 'self-host',
  )
const fleetOf = (choices: Partial<Choices>, gpusPerReplica = 2) => fleetsOf(choose(choices), gpusPerReplica)[0]!
const sum = (parts: object) => Object.values(parts).reduce((a: number, b: number) => a + b, 0)

test('a replica of two GPUs on an instance of eight bills eight', () => {
  const alone = fleetOf({ providers: ['lambda'], spareReplicas: 0, tokensPerMonth: 1e9, operationsUsdPerMonth: 0 })
  expect(alone).toMatchObject({ replicas: 1, gpus: 8, usdPerGpuHour: 3 })
  expect(alone.usd).toBeCloseTo(8 * 3 * 730 * 1.15, 6)
  expect(alone.notes.join()).toContain('leased by instance of 8 GPUs')
  // Its spare, and two more, stand in the same instance; a fifth replica needs a second one.
  expect(fleetOf({ providers: ['lambda'], spareReplicas: 3, tokensPerMonth: 1e9 }).gpus).toBe(8)
  expect(fleetOf({ providers: ['lambda'], spareReplicas: 4, tokensPerMonth: 1e9 }).gpus).toBe(16)
  // What stands by in the instance is idle, not redundancy.
  const { breakdown } = alone
  expect(breakdown.gpuBusy! + breakdown.gpuIdle!).toBeCloseTo(8 * 3 * 730, 6)
  expect(breakdown.redundancy).toBe(0)
})

test('a price stated by the reader is for any number of GPUs, unless an instance is stated too', () => {
  const stated = { usdPerGpuHour: 3, spareReplicas: 0, tokensPerMonth: 1e9 }
  expect(fleetOf(stated).gpus).toBe(2)
  expect(fleetOf({ ...stated, gpusPerInstance: 4 }).gpus).toBe(4)
})

test('an unknown price says of which instances, providers and region it is unknown', () => {
  const noted = (choices: Partial<Choices>) => fleetOf(choices).notes.join()
  expect(noted({ gpusPerInstance: 16 })).toContain(
    'no on_demand price is known for h100 by instances of 16 GPUs: its cost is unknown',
  )
  expect(noted({ gpusPerInstance: 16, providers: ['lambda'] })).toContain('by instances of 16 GPUs from lambda')
  expect(noted({ gpusPerInstance: 1, providers: ['lambda'] })).toContain('by instances of 1 GPU from lambda')
})

test('an instance holds as many whole replicas as fit, a larger replica takes whole instances', () => {
  expect(instanceOf(2, 8)).toEqual({ replicasPerInstance: 4, billedGpusPerReplica: 2 })
  expect(instanceOf(3, 8)).toEqual({ replicasPerInstance: 2, billedGpusPerReplica: 4 })
  expect(instanceOf(8, 1)).toEqual({ replicasPerInstance: 1, billedGpusPerReplica: 8 })
  expect(instanceOf(8, 3)).toEqual({ replicasPerInstance: 1, billedGpusPerReplica: 9 })
  expect(instanceOf(2, null)).toEqual({ replicasPerInstance: 1, billedGpusPerReplica: 2 })
})

const asked = fc.record({
  gpusPerReplica: fc.constantFrom(1, 2, 4, 8),
  gpusPerInstance: fc.constantFrom(null, 1, 2, 4, 6, 8),
  spareReplicas: fc.integer({ min: 0, max: 5 }),
  minReplicas: fc.integer({ min: 0, max: 5 }),
  replicas: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null }),
  tokensPerMonth: fc.double({ min: 1e6, max: 3e12, noNaN: true }),
  usdPerGpuHour: fc.double({ min: 0.1, max: 12, noNaN: true }),
})

test('laws 3 and 6: whole instances are billed, parts add up, and a larger instance is never cheaper', () => {
  fc.assert(
    fc.property(asked, ({ gpusPerReplica, gpusPerInstance, ...rest }) => {
      const fleet = fleetOf({ ...rest, gpusPerInstance }, gpusPerReplica)
      fc.pre(fleet.usd !== null)
      expect(Math.abs(sum(fleet.breakdown) / fleet.usd! - 1)).toBeLessThan(1e-9)
      const { gpus, replicas } = fleet
      expect(gpus! % (gpusPerInstance ?? gpusPerReplica)).toBe(0)
      expect(gpus).toBeGreaterThanOrEqual(replicas! * gpusPerReplica)
      expect(fleet.utilization).toBeLessThanOrEqual(1)
      const leased = gpus! * rest.usdPerGpuHour * 730
      expect(fleet.usd! - defaultChoices.operationsUsdPerMonth).toBeCloseTo(leased * 1.15, 4)
      const exact = fleetOf({ ...rest, gpusPerInstance: null }, gpusPerReplica)
      expect(fleet.usd!).toBeGreaterThanOrEqual(exact.usd! * (1 - 1e-12))
    }),
    { numRuns: 100 },
  )
})

const servers: OwnServers = {
  gpu: 'h100',
  gpus: 64,
  gpusPerServer: 8,
  capexUsdPerServer: 300_000,
  lifeYears: 4,
  costOfCapital: 0.08,
  kilowattsPerServer: 10.2,
  pue: 1.3,
  usdPerKwh: 0.12,
  coloUsdPerKwMonth: 150,
  operationsShare: 0.05,
  fixedUsdPerMonth: 2000,
  idleShare: 0.3,
}

const ownIn = (own: OwnServers, choices: Partial<Choices> = {}) =>
  fleetsOf(choose({ own, operationsUsdPerMonth: 0, ...choices })).find(({ name }) => name.includes('(owned)'))!

test('servers bought cost what the closed form says of them at the utilization that the traffic makes', () => {
  const fleet = ownIn(servers)
  const terms = { ...servers, gpus: 64, utilization: fleet.utilization, rentUsdPerGpuHour: null, horizonMonths: null }
  expect(fleet.usd).toBeCloseTo(ownHardware(terms, 730).usdPerMonth!, 5)
  expect(fleet).toMatchObject({ gpus: 64, replicas: 32, kind: 'self-host' })
  expect(sum(fleet.breakdown)).toBeCloseTo(fleet.usd!, 5)
  const busier = ownIn(servers, { tokensPerMonth: 2e11 })
  const energy = 8 * 10.2 * 1.3 * 0.12 * 730 * 0.7
  expect(busier.usd! - fleet.usd!).toBeCloseTo(energy * (busier.utilization! - fleet.utilization!), 5)
})

test('all that was bought is paid, used or not; without a number whole servers are bought as the traffic asks', () => {
  expect(ownIn(servers, { tokensPerMonth: 1e9 }).gpus).toBe(64)
  const asNeeded = ownIn({ ...servers, gpus: null }, { tokensPerMonth: 1e9 })
  expect(asNeeded).toMatchObject({ replicas: 2, gpus: 8 })
  // What the servers cannot carry has no price.
  const overfull = ownIn(servers, { tokensPerMonth: 1e15 })
  expect(overfull).toMatchObject({ usd: null, meetsLatency: 'no' })
  const answer = decide(evidenceForTest(), choose({ own: servers }), { draws: 5 })
  expect(answer.assumptions.map(({ name }) => name)).toContain('own server: power, idle')
})

test('a reservation says for how long it is paid', () => {
  const rows = evidenceForTest().leases.map(row => ({ ...row, term: 'reserved_1y' }))
  const evidence = evidenceForTest({ leases: rows })
  const fleet = decide(evidence, choose({ term: 'reserved_1y' }), { draws: 5 }).options.find(
    ({ kind }) => kind === 'self-host',
  )!
  expect(fleet.notes.join()).toContain('8760 hours')
})

test('law 6: a draw at a dearer row of a larger instance never lowers the band of a fleet', () => {
  const band = (gpusPerInstance: number) => {
    const leases = evidenceForTest().leases.map(row => ({ ...row, gpusPerInstance }))
    const evidence = evidenceForTest({ leases })
    return decide(evidence, choose(), { draws: 50 }).options.find(({ kind }) => kind === 'self-host')!
  }
  const [single, whole] = [band(2), band(8)]
  expect(whole.band!.low).toBeGreaterThanOrEqual(single.band!.low)
  expect(whole.band!.high).toBeGreaterThanOrEqual(single.band!.high)
  expect((whole.terms as FleetTerms).replicasPerInstance).toBe(4)
})

test('the row that is billed is among those that the band draws from, and the band holds the bill', () => {
  const leases = [
    leaseForTest('lambda', '6.69', { isDefault: true, gpusPerInstance: 8 }),
    leaseForTest('lambda', '2', { gpusPerInstance: 1 }),
    leaseForTest('aws', '2.1', { gpusPerInstance: 1 }),
  ]
  const lease = leaseOf(leases, leases[0]!.gpu, defaultChoices)!
  expect(lease.row).toMatchObject({ provider: 'lambda', usdPerGpuHour: '6.69' })
  expect(lease.spread).toEqual([
    { usdPerGpuHour: 2.1, gpusPerInstance: 1 },
    { usdPerGpuHour: 6.69, gpusPerInstance: 8 },
  ])
  const many = [
    ...leases,
    ...Array.from({ length: 40 }, (_, i) => leaseForTest(`host ${i}`, '2', { gpusPerInstance: 1 })),
  ]
  for (const { usd, band } of decide(evidenceForTest({ leases: many }), defaultChoices, { draws: 200 }).options) {
    if (usd === null) continue
    expect(band!.low).toBeLessThanOrEqual(usd)
    expect(band!.high).toBeGreaterThanOrEqual(usd)
  }
})

test('a fleet too small for what is asked shows no cost in parts and no use; one that often is says why it has no band', () => {
  const tooSmall = fleetOf({ replicas: 1, tokensPerMonth: 1e13 })
  expect(tooSmall).toMatchObject({
    usd: null,
    utilization: null,
    band: null,
    breakdown: { gpuBusy: null, spill: null },
  })
  const limit = decide(evidenceForTest(), choose({ replicas: 4 }), { draws: 5 }).options.find(
    ({ kind }) => kind === 'self-host',
  )!.terms as FleetTerms
  const brim = limit.replicaMtokPerMonth * 4e6 * 0.999
  const [fleet] = decide(evidenceForTest(), choose({ replicas: 4, tokensPerMonth: brim }), {
    draws: 200,
  }).options.filter(({ kind }) => kind === 'self-host')
  expect(fleet!.usd).not.toBeNull()
  expect(fleet!.band).toBeNull()
  expect(fleet!.notes.join()).toContain('too small for the load')
})
