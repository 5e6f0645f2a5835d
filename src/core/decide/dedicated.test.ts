import { expect, test } from 'vitest'
import { decide } from './decide.ts'
import type { DedicatedRow } from './evidence.ts'
import { choose, evidenceForTest } from './evidence-for-test.ts'

const row = (host: string, usdPerGpuHour: string, gpu = 'h100'): DedicatedRow => ({
  host,
  gpu,
  gpusPerInstance: 1,
  usdPerGpuHour,
  asOf: '2026-10-01',
  source: 'price page',
})
const draws = { draws: 20 }

test('an endpoint by the hour is an option of the same weights: replicas at the host’s price, without spare, people or overhead', () => {
  const { options } = decide(evidenceForTest({ dedicated: [row('endpoints', '4')] }), choose(), draws)
  const own = options.find(({ kind }) => kind === 'self-host')!
  const dedicated = options.find(({ kind }) => kind === 'dedicated')!
  expect(dedicated.name).toBe('endpoints open-70b, dedicated 2× h100')
  expect(dedicated).toMatchObject({ replicas: own.replicas! - 1, meetsLatency: 'yes', meetsQuality: 'yes' })
  expect(dedicated.usd).toBeCloseTo(dedicated.replicas! * 2 * 4 * 730, 6)
  expect(dedicated.breakdown).toMatchObject({ redundancy: 0, operations: 0, tokens: 0 })
})

test('of each host the shape that costs least stands for it, whatever profile of arrivals is asked about', () => {
  const evidence = evidenceForTest({
    windows: 144,
    profiles: [
      { name: 'flat', source: 'test', peakToMean: 1 },
      { name: 'diurnal', source: 'test', peakToMean: 9 },
    ],
    replicas: [
      {},
      {
        gpu: 'h200',
        gpusPerReplica: 1,
        tokensPerSecond: 12_000,
        secondsPerInputToken: 4e-5,
        secondsPerOutputToken: 2e-4,
      },
    ],
    dedicated: [row('endpoints', '4'), row('endpoints', '5', 'h200'), row('others', '9')],
  })
  const names = decide(evidence, choose(), draws).options.flatMap(({ kind, name }) =>
    kind === 'dedicated' ? [name] : [],
  )
  expect(names.sort()).toEqual(['endpoints open-70b, dedicated 1× h200', 'others open-70b, dedicated 2× h100'])
})

test('with adapters a host whose tier by the token serves none is barred, one that is silent too, and endpoints are not', () => {
  const evidence = evidenceForTest({
    api: [{ kind: 'as-metered' }, { takesAdapters: true }, { takesAdapters: false }, { takesAdapters: null }],
    dedicated: [row('endpoints', '4')],
    adapters: { count: 20, rank: 16 },
  })
  const { options } = decide(evidence, choose(), draws)
  const reasons = (name: string) => options.find(option => option.name.startsWith(name))!.infeasible
  expect(reasons('metered').share).toBe(0)
  expect(reasons('hosted 1').share).toBe(0)
  expect(reasons('hosted 2')).toMatchObject({ share: 1, reasons: [expect.stringContaining('serves no adapters')] })
  expect(reasons('hosted 3')).toMatchObject({ share: 1, reasons: [expect.stringContaining('is not known')] })
  expect(reasons('endpoints').share).toBe(0)
  // Adapters share replicas: twenty of them take no more of these than one.
  const replicas = (count: number) =>
    decide({ ...evidence, adapters: { count, rank: 16 } }, choose(), draws).options.find(
      ({ kind }) => kind === 'self-host',
    )!.replicas
  expect(replicas(20)).toBe(replicas(1))
  expect(
    decide(evidenceForTest({ api: [{}, { takesAdapters: false }] }), choose(), draws).options[1]!.infeasible.share,
  ).toBe(0)
})

test('law 9 and the decision: an endpoint is not one’s own GPU; own GPUs must beat it too', () => {
  const evidence = (usd: string) => evidenceForTest({ api: [{ usdPerMtok: 9 }], dedicated: [row('endpoints', usd)] })
  const decided = (usd: string) => decide(evidence(usd), choose({ usdPerGpuHour: 3 }), { draws: 200 })
  expect(decided('30').decision.answer).toBe('yes')
  expect(decided('0.5')).toMatchObject({ best: 'endpoints open-70b, dedicated 2× h100', decision: { answer: 'no' } })
})
