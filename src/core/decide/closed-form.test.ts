import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Fault } from '../fault/fault.ts'
import { closedForm } from './closed-form.ts'
import { parseClosedFormInputs } from './closed-form-inputs.ts'

const run = (document: unknown) => closedForm(parseClosedFormInputs(document))

const fleet = { name: 'own', usdPerGpuHour: 2, tokensPerSecond: 1000 }

test('without demand the fleet is its minimum and spares, and what needs a volume is null', () => {
  const result = run({
    api: [{ name: 'api', usdPerMtok: 5 }],
    selfHost: [{ ...fleet, minReplicas: 2, spareReplicas: 1 }],
  })
  expect(result.selfHost.own).toMatchObject({ replicas: 3, usdPerMonth: 4380, usdPerMtok: null, utilization: null })
  expect(result.api.api).toEqual({ usdPerMonth: null, blendedUsdPerMtok: 5 })
  expect(result.crossings).toEqual([{ api: 'api', selfHost: 'own', mtokPerMonth: 876, replicas: 3 }])
  expect(result.forGoodFrom).toHaveLength(1)
})

test('without throughput a crossing says that the capacity is unknown and is never for good', () => {
  const result = run({
    demand: { mtokPerMonth: 100 },
    api: [{ name: 'api', usdPerMtok: 5 }],
    selfHost: [{ name: 'own', usdPerGpuHour: 2 }],
  })
  expect(result.crossings).toEqual([
    { api: 'api', selfHost: 'own', mtokPerMonth: 292, replicas: 1, capacityUnknown: true },
  ])
  expect(result.forGoodFrom).toEqual([])
  expect(result.selfHost.own).toMatchObject({
    replicaMtokPerMonth: null,
    usdPerMtokFull: null,
    utilization: null,
    idleUsdPerMonth: null,
    usdPerMonth: 1460,
    usdPerMtok: 14.6,
  })
})

test('a price by input and output without a mix leaves the pair undecided instead of guessing', () => {
  const result = run({
    demand: { mtokPerMonth: 100 },
    api: [{ name: 'api', inputUsdPerMtok: 1, outputUsdPerMtok: 4 }],
    selfHost: [fleet],
  })
  expect(result.api.api).toEqual({ usdPerMonth: null, blendedUsdPerMtok: null })
  expect(result.never).toMatchObject([{ unknown: true }])
})

test('a demand of exactly n full replicas needs n replicas, in whatever units it is stated', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5000 }),
      fc.double({ min: 0.1, max: 90000, noNaN: true }),
      fc.double({ min: 0.05, max: 1, noNaN: true }),
      fc.double({ min: 1, max: 9, noNaN: true }),
      (n, tokensPerSecond, maxUtilization, peakToMean) => {
        const mtokPerMonth = n * ((((tokensPerSecond * 3600 * 730) / 1e6) * maxUtilization) / peakToMean)
        const selfHost = [{ name: 'own', usdPerGpuHour: 1, tokensPerSecond, maxUtilization, peakToMean }]
        expect(run({ demand: { mtokPerMonth }, selfHost }).selfHost.own!.replicas).toBe(n)
      },
    ),
  )
})

test('law 6: a cheaper GPU never moves the point of no return up, and never makes the bill dearer', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0.2, max: 12, noNaN: true }),
      fc.double({ min: 0.3, max: 1, noNaN: true }),
      fc.double({ min: 50, max: 5000, noNaN: true }),
      fc.integer({ min: 0, max: 3 }),
      (usdPerGpuHour, factor, tokensPerSecond, spareReplicas) => {
        const at = (rate: number) =>
          run({
            demand: { mtokPerMonth: 5000 },
            api: [{ name: 'api', usdPerMtok: 1.5 }],
            selfHost: [{ name: 'own', usdPerGpuHour: rate, tokensPerSecond, spareReplicas, fixedUsdPerMonth: 500 }],
          })
        const dear = at(usdPerGpuHour)
        const cheap = at(usdPerGpuHour * factor)
        expect(cheap.selfHost.own!.usdPerMonth).toBeLessThanOrEqual(dear.selfHost.own!.usdPerMonth)
        if (dear.forGoodFrom.length > 0) {
          expect(cheap.forGoodFrom[0]!.mtokPerMonth).toBeLessThanOrEqual(dear.forGoodFrom[0]!.mtokPerMonth * (1 + 1e-9))
        }
      },
    ),
  )
})

test('own hardware that is not stated in full leaves null, not zero', () => {
  const { own } = run({ own: { gpus: 9, capexUsdPerServer: 1000, lifeYears: 5, utilization: 0.5 } })
  expect(own).toMatchObject({ servers: 2, capitalUsdPerMonth: null, usdPerMonth: null, rentUsdPerMonth: null })
  expect(own!.depreciationUsdPerMonth).toBeCloseTo(2000 / 60, 9)
})

test('break-even utilization above 1 is null', () => {
  const own = {
    gpus: 8,
    capexUsdPerServer: 250000,
    lifeYears: 5,
    costOfCapital: 0.08,
    kilowattsPerServer: 10,
    pue: 1.3,
    usdPerKwh: 0.1,
    coloUsdPerKwMonth: 150,
    operationsShare: 0.08,
    idleShare: 0.35,
    utilization: 0.9,
    rentUsdPerGpuHour: 0.5,
  }
  expect(run({ own }).own).toMatchObject({ breakEvenUtilization: null, paybackMonth: null })
})

test.each([
  [
    { selfHost: [{ name: 'x', usdPerGpuHuor: 2 }] },
    'INPUTS_UNKNOWN_FIELD',
    'selfHost[0].usdPerGpuHuor',
    'usdPerGpuHour',
  ],
  [{ demnd: {} }, 'INPUTS_UNKNOWN_FIELD', 'demnd', 'demand'],
  [{ api: [{ name: 'x' }] }, 'INPUTS_MISSING', 'api[0]', 'usdPerMtok'],
  [{ api: [{ name: 'x', usdPerMtok: '3' }] }, 'INPUTS_INVALID', 'api[0].usdPerMtok', null],
  [{ api: [{ name: 'x', usdPerMtok: -3 }] }, 'INPUTS_INVALID', 'api[0].usdPerMtok', null],
  [{ api: [{ name: 'x', usdPerMtok: Number.NaN }] }, 'INPUTS_INVALID', 'api[0].usdPerMtok', null],
  [{ api: {} }, 'INPUTS_INVALID', 'api', null],
  [{ selfHost: [{ ...fleet, peakToMean: 0.5 }] }, 'INPUTS_INVALID', 'selfHost[0].peakToMean', null],
  [{ selfHost: [{ ...fleet, minReplicas: 1.5 }] }, 'INPUTS_INVALID', 'selfHost[0].minReplicas', null],
  [{ selfHost: [fleet, fleet] }, 'INPUTS_CONFLICT', 'selfHost[1].name', null],
  [{ demand: { mtokPerMonth: 5, requestsPerMonth: 10, mtokPerRequest: 2 } }, 'INPUTS_CONFLICT', 'demand', null],
  [{ demand: { requestsPerMonth: 10 } }, 'INPUTS_MISSING', 'demand.mtokPerRequest', null],
  [{ own: { utilization: 0.5 } }, 'INPUTS_MISSING', 'own.gpus', null],
  ['text', 'INPUTS_INVALID', '(root)', null],
  [null, 'INPUTS_INVALID', '(root)', null],
])('bad input %j is one fault that names the field', (document, code, where, fix) => {
  try {
    parseClosedFormInputs(document, 'terms.yaml')
    expect.unreachable()
  } catch (fault) {
    expect(fault).toBeInstanceOf(Fault)
    expect(fault).toMatchObject({ code, where: `terms.yaml: ${where}` })
    if (fix !== null) expect((fault as Fault).fix).toContain(fix)
  }
})
