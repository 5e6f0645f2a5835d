import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Answer, FleetTerms } from './answer.ts'
import type { Choices } from './choices.ts'
import { type ClosedFormResult, closedForm } from './closed-form.ts'
import {
  type ApiInputs,
  type ClosedFormInputs,
  parseClosedFormInputs,
  type SelfHostInputs,
} from './closed-form-inputs.ts'
import { decide } from './decide.ts'
import type { Evidence } from './evidence.ts'
import { bare, choose, evidenceForTest, leaseForTest } from './evidence-for-test.ts'
import type { OwnInputs } from './own-hardware.ts'
import type { OwnServers } from './own-lease.ts'

const folder = new URL('../../../test/fixtures/breakeven/', import.meta.url)
const published = readdirSync(folder)
  .filter(name => name.endsWith('.json'))
  .map(name => JSON.parse(readFileSync(new URL(name, folder), 'utf8')))
const stated = published.filter(({ crosslineInputs }) => crosslineInputs)

test('nine of ten published examples have terms to recompute', () => {
  expect([stated.length, published.length]).toEqual([9, 10])
})

/** Every leaf of `expected`: figures to nine digits, everything else to the letter. */
function expectAlike(got: unknown, expected: unknown, path = ''): void {
  if (typeof expected === 'object' && expected !== null) {
    for (const [key, value] of Object.entries(expected)) expectAlike(at(got, key), value, `${path}.${key}`)
  } else if (typeof expected === 'number') {
    expect(got, path).toBeTypeOf('number')
    expect(Math.abs((got as number) - expected), path).toBeLessThanOrEqual(1e-9 * Math.abs(expected))
  } else expect(got, path).toEqual(expected)
}

/** `crossings.0.api`, `never.length`: no key holds a dot itself, so a plain split will do. */
const at = (value: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown>)?.[key], value)

/** An example's own terms through one of two engines, against its exact recomputation. */
const recomputed =
  (run: (inputs: ClosedFormInputs) => unknown, example: (typeof published)[number], unsaid: readonly string[] = []) =>
  () => {
    const result = run(parseClosedFormInputs(example.crosslineInputs))
    for (const [path, expected] of Object.entries(example.crosslineExpected)) {
      if (!unsaid.includes(path)) expectAlike(at(result, path), expected, path)
    }
  }

for (const example of stated) test(`${example.id}: the closed form`, recomputed(closedForm, example))

/** What holds own servers against GPUs that are rented for the hours used: a fleet leases every hour. */
const rentByUse = ['rentUsdPerMonth', 'usdPerGpuHour', 'breakEvenUtilization', 'paybackMonth', 'horizonSavingsUsd']

for (const example of published) {
  const { id, crosslineInputs } = example
  const name = `${id}: traffic, replicas and leases`
  if (crosslineInputs === undefined) {
    test.skip(`${name} cannot express it, since it is priced in euros by agent, and says nothing of tokens`)
    continue
  }
  const unsaid = crosslineInputs.own === undefined ? [] : rentByUse.map(key => `own.${key}`)
  test(name, recomputed(fullEngine, example, unsaid))
  if (unsaid.length > 0) test.skip(`${name} say nothing of ${unsaid.join(', ')}, since a fleet is rented every hour`)
}

const windows = 1008
const inWindow = (perMonth: number, hoursPerMonth: number) => perMonth / (6 * hoursPerMonth)

/** One hour of so many times the mean in the middle of a week that is even beside it. */
function peaking(peakToMean: number): (window: number) => number {
  const other = (windows - 6 * peakToMean) / (windows - 6)
  return window => (window >= windows / 2 && window < windows / 2 + 6 ? peakToMean : other)
}

/** USD a million tokens at the demand's own mix, in whichever of three ways the price is stated. */
function usdPerMtokOf(api: ApiInputs, demand: ClosedFormInputs['demand']): number {
  const { inputMtokPerMonth: input, outputMtokPerMonth: output } = demand
  if (api.usdPerMtok !== null) return api.usdPerMtok
  if (api.usdPerRequest !== null) return api.usdPerRequest / demand.mtokPerRequest!
  return (api.inputUsdPerMtok! * input! + api.outputUsdPerMtok! * output!) / (input! + output!)
}

/**
 * Stated terms as a week of traffic that APIs and one kind of replica could serve, all with the same weights, since fleets
 * are held against no others. Of what a saturated replica serves only `maxUtilization` is within the objective.
 */
function evidenceOf({ hoursPerMonth, demand, api }: ClosedFormInputs, fleet: SelfHostInputs): Evidence {
  const { gpusPerReplica, maxUtilization, mtokPerReplicaMonth } = fleet
  const saturated = fleet.tokensPerSecond ?? (mtokPerReplicaMonth! * 1e6) / (3600 * hoursPerMonth)
  // Where no volume, split or count of requests is stated, nothing that is checked depends on it.
  const { inputMtokPerMonth: input = null, outputMtokPerMonth: output = null } = demand
  const [inputMtok, outputMtok] = input === null || output === null ? [demand.mtokPerMonth ?? 1, 0] : [input, output]
  return evidenceForTest({
    windows,
    level: peaking(fleet.peakToMean),
    perWindow: {
      calls: inWindow(demand.requestsPerMonth ?? 1000, hoursPerMonth),
      input: inWindow(inputMtok * 1e6, hoursPerMonth),
      output: inWindow(outputMtok * 1e6, hoursPerMonth),
    },
    api: api.map(one => ({
      name: one.name,
      usdPerMtok: usdPerMtokOf(one, demand),
      fixedUsdPerMonth: one.fixedUsdPerMonth,
    })),
    replicas: [
      {
        gpusPerReplica,
        requestsPerSecond: maxUtilization,
        saturatedRequestsPerSecond: 1,
        tokensPerSecond: saturated * maxUtilization,
        loadCurve: [{ load: 1, busyShare: maxUtilization, ttftP95Ms: 1000, tpotP95Ms: 20 }],
      },
    ],
    leases: [leaseForTest('lessor', String(fleet.usdPerGpuHour), { gpusPerInstance: gpusPerReplica })],
  })
}

/** What the full engine answers to each pair of an API and a fleet, in the shape of the closed form. */
function fullEngine(inputs: ClosedFormInputs): Omit<ClosedFormResult, 'own'> & { readonly own: unknown } {
  const { hoursPerMonth } = inputs
  const fleets = inputs.selfHost.map(fleet => {
    const evidence = evidenceOf(inputs, fleet)
    const choices: Partial<Choices> = {
      hoursPerMonth,
      minReplicas: fleet.minReplicas,
      spareReplicas: fleet.spareReplicas,
      operationsUsdPerMonth: fleet.fixedUsdPerMonth,
      overheadShare: fleet.overheadShare,
    }
    const ask = (over: Partial<Choices> = {}) => decide(evidence, choose({ ...choices, ...over }), { draws: 1 })
    return { fleet, ask }
  })
  const pairs = inputs.api.flatMap(api => fleets.map(({ fleet, ask }) => pairOf(api, fleet, ask({ api: api.name }))))
  return {
    api: Object.fromEntries(pairs.map(({ api, figures }) => [api, figures])),
    selfHost: Object.fromEntries(fleets.map(({ fleet, ask }) => [fleet.name, fleetOf(fleet, ask)])),
    crossings: pairs.flatMap(({ crossings }) => crossings),
    never: pairs.flatMap(({ never }) => never),
    forGoodFrom: pairs.flatMap(({ forGoodFrom }) => forGoodFrom),
    own: inputs.own === null ? null : ownedIn(inputs.own, hoursPerMonth),
  }
}

const ownOf = ({ options }: Answer) => options.find(({ kind }) => kind === 'self-host')!

/** What an answer says of the API that it was asked to compare its fleet with. */
function pairOf({ name: api }: ApiInputs, { name: selfHost }: SelfHostInputs, answer: Answer) {
  const { tokensPerMonth, requestsPerMonth } = answer.youAreHere
  const option = answer.options.find(({ name }) => name === api)!
  const pair = answer.pairs.find(one => one.api === api)!
  const names = { api, selfHost }
  const volume = (tokens: number) => ({
    mtokPerMonth: tokens / 1e6,
    requestsPerMonth: (tokens / tokensPerMonth) * requestsPerMonth,
  })
  const { forGoodFrom } = answer
  // The headline and the list of pairs say the same.
  expect([forGoodFrom?.tokensPerMonth ?? null, answer.never.length > 0]).toEqual([
    pair.forGoodFrom,
    pair.never !== null,
  ])
  return {
    api,
    figures: {
      usdPerMonth: option.usd,
      blendedUsdPerMtok: option.breakdown.tokens! / (tokensPerMonth / 1e6),
    },
    crossings: pair.crossings.map(one => ({ ...names, ...volume(one.tokensPerMonth), replicas: one.replicas })),
    never: answer.never.map(({ reason }) => ({ ...names, reason })),
    forGoodFrom: forGoodFrom === null ? [] : [{ ...names, ...volume(forGoodFrom.tokensPerMonth) }],
  }
}

function fleetOf({ overheadShare }: SelfHostInputs, ask: (over?: Partial<Choices>) => Answer) {
  const own = ownOf(ask())
  const { replicaUsdPerMonth, replicaMtokPerMonth } = own.terms as FleetTerms
  // A single replica, just full, and nothing beside it.
  const alone = { minReplicas: 1, spareReplicas: 0, operationsUsdPerMonth: 0 }
  const full = ownOf(ask({ ...alone, tokensPerMonth: replicaMtokPerMonth * 1e6 }))
  return {
    replicaUsdPerMonth,
    replicaMtokPerMonth,
    usdPerMtokFull: full.usdPerMtok,
    replicas: own.replicas!,
    usdPerMonth: own.usd!,
    usdPerMtok: own.usdPerMtok,
    utilization: own.utilization,
    // The lease of spares is idle too, without the overhead on it.
    idleUsdPerMonth: own.breakdown.gpuIdle! + own.breakdown.redundancy! / (1 + overheadShare),
  }
}

/** Bought servers under traffic that uses their GPUs for the stated share of the time. */
function ownedIn({ utilization, rentUsdPerGpuHour, horizonMonths: _, ...bought }: OwnInputs, hoursPerMonth: number) {
  const { gpus, gpusPerServer } = bought
  // All GPUs of a server run: one of them serves 3.6 million tokens an hour.
  const mtokPerMonth = 3.6 * hoursPerMonth * utilization! * Math.ceil(gpus / gpusPerServer) * gpusPerServer
  const selfHost = [{ name: 'any', usdPerGpuHour: rentUsdPerGpuHour, tokensPerSecond: 1000 }]
  const inputs = parseClosedFormInputs({ hoursPerMonth, demand: { mtokPerMonth }, selfHost })
  const own = { gpu: 'h100', ...bought } as OwnServers
  const { options, assumptions } = decide(
    evidenceOf(inputs, inputs.selfHost[0]!),
    choose({ ...bare, hoursPerMonth, own }),
    { draws: 1 },
  )
  const option = options.find(({ name }) => name.includes('(owned)'))!
  const servers = option.gpus! / gpusPerServer
  const part = (name: string) =>
    servers * (assumptions.find(one => one.name === `own server: ${name}`)!.value as number)
  const [idle, atWork] = [part('power, idle'), part('power, at work')]
  return {
    servers,
    depreciationUsdPerMonth: part('depreciation'),
    capitalUsdPerMonth: part('capital'),
    colocationUsdPerMonth: part('colocation'),
    operationsUsdPerMonth: part('upkeep'),
    energyUsdPerMonth: idle + (atWork - idle) * option.utilization!,
    usdPerMonth: option.usd,
  }
}

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const terms = fc.record({
  hoursPerMonth: fc.constantFrom(720, 729.6, 730),
  demand: fc.record({ inputMtokPerMonth: between(1, 1e5), outputMtokPerMonth: between(1, 1e5) }),
  api: fc.tuple(
    fc.oneof(
      fc.record({ name: fc.constant('api'), usdPerMtok: between(0.05, 20), fixedUsdPerMonth: between(0, 5000) }),
      fc.record({ name: fc.constant('api'), inputUsdPerMtok: between(0.05, 9), outputUsdPerMtok: between(0.05, 30) }),
    ),
  ),
  selfHost: fc.tuple(
    fc.record({
      name: fc.constant('own'),
      gpusPerReplica: fc.integer({ min: 1, max: 8 }),
      usdPerGpuHour: between(0.3, 10),
      tokensPerSecond: between(50, 30_000),
      maxUtilization: between(0.3, 1),
      peakToMean: fc.oneof(fc.constant(1), between(1, 12)),
      minReplicas: fc.integer({ min: 0, max: 3 }),
      spareReplicas: fc.integer({ min: 0, max: 2 }),
      fixedUsdPerMonth: between(0, 9000),
      overheadShare: between(0, 0.5),
    }),
  ),
})

test('whatever the terms, traffic, replicas and leases come to what the closed form says of them', () => {
  fc.assert(
    fc.property(terms, document => {
      const inputs = parseClosedFormInputs(document)
      const [full, closed] = [fullEngine(inputs), closedForm(inputs)]
      expectAlike(full.api, closed.api)
      // Where traffic peaks, busy time is read off a curve over its windows, so idle time is near and not equal.
      const { idleUsdPerMonth, ...own } = closed.selfHost.own!
      expectAlike(full.selfHost, { own: inputs.selfHost[0]!.peakToMean > 1 ? own : { ...own, idleUsdPerMonth } })
      expectAlike(full.crossings, closed.crossings.slice(0, full.crossings.length))
      expect(full.crossings.length).toBe(Math.min(50, closed.crossings.length))
      expect(full.never.length).toBe(closed.never.length)
      expect(full.forGoodFrom.length).toBe(closed.forGoodFrom.length)
      expectAlike(full.forGoodFrom, closed.forGoodFrom)
    }),
  )
})
