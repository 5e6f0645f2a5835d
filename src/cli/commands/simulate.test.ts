import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Simulation } from '../../core/decide/fleet-figures.ts'
import { runForTest } from './frame-for-test.ts'
import { simulate } from './simulate.ts'

const mooncake = fileURLToPath(new URL('../../../data/traces/mooncake-conversation.jsonl.gz', import.meta.url))
const azure = fileURLToPath(new URL('../../../data/traces/azure-llm-2023-code.csv.gz', import.meta.url))
let folder: string
let data: string
let calls: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-simulate-'))
  data = join(folder, 'data')
  calls = join(folder, 'calls.csv')
  // Two hundred calls, one every 0.7 s, a burst of forty in the middle.
  const at = (second: number) => new Date(Date.UTC(2026, 10, 2) + second * 700).toISOString()
  const rows = Array.from({ length: 200 }, (_, i) => `${at(i < 100 ? i : Math.max(100, i - 40))},600,${20 + (i % 50)}`)
  writeFileSync(calls, `time,input_tokens,output_tokens\n${rows.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...words: string[]) => runForTest<Simulation>(simulate, ['simulate', ...words], { data })

const fleet = ['--model', 'llama-3.1-8b', '--gpu', 'h100']

test('a plain replay has the shape that other programs rely on, adds up, and leaves the ledger alone', async () => {
  const { json, text } = await run('--trace', calls, ...fleet, '--replicas', '2', '--usd-per-gpu-hour', '3')
  expect(json).toMatchObject({ requests: 200, completed: 200, rejected: 0, spilled: 0, prefixHitRate: null })
  expect(json.tokens).toEqual({
    input: 200 * 600,
    output: Array.from({ length: 200 }, (_, i) => 20 + (i % 50)).reduce((a, b) => a + b),
  })
  expect(json.busyGpuHours! + json.idleGpuHours! + json.coldGpuHours!).toBeCloseTo(json.gpuHours!, 9)
  expect(json.gpuHours).toBeCloseTo((2 * json.durationSeconds!) / 3600, 9)
  expect(json.usd).toBeCloseTo(json.gpuHours! * 3, 9)
  expect(json.effectiveUsdPerMtok).toBeCloseTo(json.usd! / ((json.tokens!.input + json.tokens!.output) / 1e6), 6)
  expect(json.utilization).toBeCloseTo(json.busyGpuHours! / json.gpuHours!, 9)
  expect(json.replicas).toEqual({ min: 2, mean: 2, max: 2 })
  for (const times of [json.ttftMs, json.tpotMs, json.e2eMs])
    expect(times.p50! <= times.p95! && times.p95! <= times.p99!).toBe(true)
  expect(json.simulatedRequestsPerSecond).toBeGreaterThan(0)
  expect(json.sizings).toBeUndefined()
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(existsSync(data)).toBe(false)
  expect(readdirSync(folder)).toEqual(['calls.csv'])
})

test('rows of a trace that cannot be read are counted aloud, with the first reason', async () => {
  const odd = join(folder, 'odd.csv')
  const [header, ...rows] = readFileSync(calls, 'utf8').trimEnd().split('\n')
  writeFileSync(
    odd,
    [header, ...rows.slice(0, 50), '2026-11-02T00:00:00Z,many,3', ...rows.slice(50), 'never,1,1'].join('\n'),
  )
  const { json, notes } = await run('--trace', odd, ...fleet)
  expect(json.requests).toBe(200)
  expect(notes.join('\n')).toMatch(/odd\.csv: 2 of 202 rows rejected and left out; the first: line 52: .*many/)
  rmSync(odd)
  expect((await run('--trace', calls, ...fleet)).notes.join()).not.toContain('rejected')
})

test('the trace of a code completion service: the peak costs a multiple of the mean, and each sizing says how late it is', async () => {
  const { json, text } = await run(
    '--trace',
    azure,
    '--model',
    'llama-3.1-70b',
    '--gpu',
    'h100',
    '--sizing',
    'peak,p95,mean,autoscale,blend',
  )
  const [peak, p95, mean, autoscale, blend] = json.sizings!
  // The trace's own counts (data/traces/README.md).
  expect([json.requests, json.tokens!.input, json.tokens!.output]).toEqual([8819, 18_059_974, 245_896])
  expect(json.sizings!.map(({ sizing }) => sizing)).toEqual(['peak', 'p95', 'mean', 'autoscale', 'blend'])
  expect(peak!.windowsMetShare).toBeGreaterThanOrEqual(0.99)
  // Its busiest minute has 4.1 times the mean's calls: sized for the mean, they wait.
  expect(peak!.usd! / mean!.usd!).toBeGreaterThan(2)
  expect(peak!.usd! / mean!.usd!).toBeLessThan(4.1)
  // Full: what the mean load is of the replicas leased, over about the same time.
  for (const one of [peak!, mean!]) expect(one.loadShare! * one.replicas.mean!).toBeCloseTo(json.load!.mean, 1)
  expect(mean!.lateShare!).toBeGreaterThan(p95!.lateShare!)
  expect(p95!.lateShare!).toBeGreaterThan(peak!.lateShare!)
  expect(autoscale!.coldGpuHours!).toBeGreaterThan(0)
  expect(autoscale!.replicas.max).toBeLessThanOrEqual(peak!.replicas.max! + 1)
  expect(blend!.usd!).toBeLessThanOrEqual(Math.min(peak!.usd!, json.allApiUsd!))
  expect(json.usd).toBe(peak!.usd)
  expect(text).toMatch(/^peak +6 /m)
  expect(text.replace(/\s+/g, ' ')).toContain('a new one serves after 8.9 min')
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
})

test('a trace that tells what prompts share: replicas keep beginnings, less work is left, and it can be switched off', async () => {
  const fleet = ['--trace', mooncake, '--model', 'llama-3.1-8b', '--gpu', 'h100', '--replicas', '8']
  const kept = await run(...fleet)
  const computed = await run(...fleet, '--no-prefix-cache')
  // An endless cache would find 36.6 % of the blocks (data/traces/README.md); eight small ones find some of that.
  expect(kept.json.prefixHitRate!).toBeGreaterThan(0.05)
  expect(kept.json.prefixHitRate!).toBeLessThan(0.366)
  expect(computed.json.prefixHitRate).toBe(0)
  expect(kept.json.busyGpuHours!).toBeLessThan(computed.json.busyGpuHours!)
  expect(kept.text).toMatch(/^prefix hits +\d+(\.\d+)? % of prompt tokens$/m)
})

test('--by tells whose the GPU time is: rows and the idle line are the fleet, and the bill', async () => {
  const named = join(folder, 'named.csv')
  const [head, ...rows] = readFileSync(calls, 'utf8').trimEnd().split('\n')
  const owned = rows.map((row, i) => `${row},${i % 4 === 0 ? 'search' : i % 4 === 1 ? '' : 'chat'}`)
  writeFileSync(named, `${head},feature\n${owned.join('\n')}\n`)
  const words = ['--trace', named, ...fleet, '--replicas', '2', '--usd-per-gpu-hour', '3']
  const { json, text } = await run(...words, '--by', 'feature')
  const { rows: charged, idle } = json.charged!
  expect(Object.fromEntries(charged.map(({ name, calls: n }) => [name, n]))).toEqual({
    chat: 100,
    search: 50,
    null: 50,
  })
  const sum = (of: (row: (typeof charged)[number]) => number) => charged.reduce((all, row) => all + of(row), 0)
  expect(sum(row => row.prefillGpuHours + row.decodeGpuHours)).toBeCloseTo(json.busyGpuHours!, 9)
  expect(idle.gpuHours).toBeCloseTo(json.idleGpuHours!, 9)
  expect(sum(row => row.marginalUsd!) + idle.usd!).toBeCloseTo(json.usd!, 9)
  expect(sum(row => row.loadedUsd!)).toBeCloseTo(json.usd!, 9)
  expect(text).toMatch(/^chat +100 .*\n(.*\n)*idle, cold /m)
  await expect(run(...words, '--by', 'featur')).rejects.toThrow('unknown dimension "featur"')
  const sized = ['--trace', named, ...fleet, '--sizing', 'mean', '--by', 'feature']
  await expect(run(...sized)).rejects.toThrow('several were asked for')
})

test('--closed-loop: calls of one task wait for each other, so that a fleet too small is slow and has no queue', async () => {
  const tasks = join(folder, 'tasks.csv')
  const [head, ...rows] = readFileSync(calls, 'utf8').trimEnd().split('\n')
  writeFileSync(tasks, `${head},task\n${rows.map((row, i) => `${row},t${i % 5}`).join('\n')}\n`)
  const words = ['--trace', tasks, '--model', 'llama-3.1-8b', '--gpu', 'l4']
  const open = await run(...words)
  const loop = await run(...words, '--closed-loop', 'task')
  expect(loop.json).toMatchObject({ requests: 200, completed: 200 })
  expect(loop.json.closedLoop).toEqual({ by: 'task', sessions: 5, laterTurns: 195, thinkTimeKnown: 0 })
  // Five at once at most, where the burst of the open loop queues.
  expect(loop.json.ttftMs.p99!).toBeLessThan(open.json.ttftMs.p99!)
  expect(loop.json.durationSeconds!).toBeGreaterThanOrEqual(open.json.durationSeconds!)
  expect(loop.text.replace(/\s+/g, ' ')).toContain('calls of one task wait for each other: 5 sessions')
  await expect(run(...words, '--closed-loop', 'team')).rejects.toThrow('no call of the trace says which team')
  await expect(run(...words, '--closed-loop', 'task', '--sizing', 'peak')).rejects.toThrow('fixed number of replicas')
})

test('a dear API and a cheap lease: own GPUs for the base, bursts spill, and the bill is both', async () => {
  const words = ['--trace', azure, '--model', 'llama-3.1-70b', '--gpu', 'h100', '--sizing', 'blend']
  const { json, text } = await run(
    ...words,
    '--spill-api',
    'azure-foundry:meta-llama-3.1-70b-instruct',
    '--usd-per-gpu-hour',
    '2',
  )
  const [blend] = json.sizings!
  expect(blend!.spilled! > 0 && blend!.replicas.min! > 0).toBe(true)
  expect(blend!.usd).toBeCloseTo(blend!.gpuUsd! + blend!.spillUsd!, 9)
  // The offer's printed rates: 2.68 in, 3.54 out.
  const { input, output } = blend!.spilledTokens!
  expect(blend!.spillUsd).toBeCloseTo((input * 2.68 + output * 3.54) / 1e6, 6)
  expect(text.replace(/\s+/g, ' ')).toMatch(/the next call spills when each holds \d+/)
})

test('a plan says the same as flags, its trace lies beside it, and flags win', async () => {
  const plan = join(folder, 'fleet.yaml')
  writeFileSync(
    plan,
    'trace: calls.csv\nmodel: llama-3.1-8b\ngpu: h100\nreplicas: 3\nttftP95Ms: 900\nusdPerGpuHour: 3\n',
  )
  const untimed = ({ simulatedRequestsPerSecond: _, ...rest }: Simulation) => rest
  const planned = await run('--plan', plan)
  const flagged = await run('--trace', calls, ...fleet, '--replicas', '3', '--ttft', '900', '--usd-per-gpu-hour', '3')
  expect(untimed(planned.json)).toEqual(untimed(flagged.json))
  expect((await run('--plan', plan, '--replicas', '1')).json.replicas.max).toBe(1)
  writeFileSync(plan, 'trace: calls.csv\nmodle: llama-3.1-8b\n')
  await expect(run('--plan', plan)).rejects.toMatchObject({
    code: 'PARAMETER_UNKNOWN',
    where: `${plan}:2`,
    fix: 'did you mean "model"?',
  })
})

test('a stated autoscaler scales, its cold time is its own, and a bound spills', async () => {
  const scaled = await run(
    '--trace',
    calls,
    ...fleet,
    '--max-replicas',
    '4',
    '--target-per-replica',
    '0.3',
    '--cold-start',
    '20',
    '--scale-down-cooldown',
    '30',
  )
  expect(scaled.json.replicas.max).toBeGreaterThan(1)
  expect(scaled.json.coldGpuHours).toBeGreaterThan(0)
  const byTime = await run('--trace', calls, ...fleet, '--max-replicas', '4', '--target-utilization', '0.05')
  expect(byTime.json.replicas.max).toBeGreaterThan(1)
  const spilled = await run('--trace', calls, ...fleet, '--spill-above', '2')
  expect(spilled.json.spilled).toBeGreaterThan(0)
  expect(spilled.json.completed! + spilled.json.spilled!).toBe(200)
  expect(spilled.json.usd).toBeCloseTo(spilled.json.gpuUsd! + spilled.json.spillUsd!, 9)
})

test('GPUs of one replica, or of all beside the parallelism', async () => {
  const sizes = async (...words: string[]) => {
    const { json } = await run('--trace', calls, ...fleet, ...words)
    return [json.fleet.gpusPerReplica, json.replicas.max]
  }
  expect([await sizes('--gpus', '2'), await sizes('--gpus', '4', '--tp', '2'), await sizes('--tp', '1')]).toEqual([
    [2, 1],
    [2, 2],
    [1, 1],
  ])
})

test('a replica is cut by stages and copies, by flags as by a group of a plan, and GPUs are counted as it has them', async () => {
  const of = async (...words: string[]) => (await run('--trace', calls, ...fleet, ...words)).json
  const [stages, copies, all] = [
    await of('--tp', '1', '--pp', '2'),
    await of('--gpus', '4', '--dp', '2'),
    await of('--gpus', '8', '--tp', '2', '--pp', '2'),
  ]
  expect([stages, copies, all].map(({ fleet, replicas }) => [fleet.gpusPerReplica, replicas.max])).toEqual([
    [2, 1],
    [4, 1],
    [4, 2],
  ])
  const plan = join(folder, 'stages.json')
  const group = { gpu: 'h100', tp: 1, pp: 2 }
  writeFileSync(plan, JSON.stringify({ model: 'llama-3.1-8b', trace: calls, groups: [group] }))
  const { json: planned } = await run('--plan', plan)
  for (const figure of ['gpuHours', 'busyGpuHours', 'ttftMs', 'e2eMs'] as const) {
    expect(stages[figure]).toEqual(planned[figure])
  }
  await expect(of('--gpus', '3', '--pp', '2')).rejects.toMatchObject({ code: 'FLAGS_CONFLICT' })
  await expect(of('--tp', '2', '--ep', '2')).rejects.toMatchObject({ code: 'EP_WITHOUT_EXPERTS' })
})

test('another engine is another schedule', async () => {
  const flags = ['--trace', calls, ...fleet, '--engine']
  const [vllm, sglang] = [await run(...flags, 'vllm'), await run(...flags, 'sglang')]
  expect(sglang.json.tpotMs).not.toEqual(vllm.json.tpotMs)
  await expect(run(...flags, 'sglan')).rejects.toMatchObject({ code: 'ENGINE_UNKNOWN', fix: 'did you mean sglang?' })
})

test('a lease or an API without a price leaves the cost unknown', async () => {
  const { json, text } = await run('--trace', calls, '--model', 'llama-3.1-8b', '--gpu', 'l4-24gb')
  expect([json.usd, json.effectiveUsdPerMtok, json.lease.usdPerGpuHour]).toEqual([null, null, null])
  expect(text).toMatch(/cost +–/)
})

test.each([
  [['--model', 'llama-3.1-8b', '--gpu', 'h100'], 'FLAG_MISSING', /--trace/],
  [['--trace', 'CALLS', '--gpu', 'h100'], 'FLAG_MISSING', /--model/],
  [['--trace', 'CALLS', '--model', 'llama-3.1-8b'], 'FLAG_MISSING', /--gpu/],
  [['--trace', 'CALLS', '--model', 'lama-3.1-8b', '--gpu', 'h100'], 'MODEL_UNKNOWN', /llama-3.1-8b/],
  [['--trace', 'CALLS', '--model', 'llama-3.1-8b', '--gpu', 'h1000'], 'GPU_UNKNOWN', /h100/],
  [['--trace', 'CALLS', ...fleet, '--router', 'least-load'], 'ROUTER_UNKNOWN', /least-loaded/],
  [['--trace', 'CALLS', ...fleet, '--sizing', 'peek'], 'SIZING_UNKNOWN', /peak/],
  [['--trace', 'CALLS', ...fleet, '--replicas', '0'], 'BAD_NUMBER', /from 1/],
  [['--trace', 'CALLS', ...fleet, '--gpus', '6', '--tp', '4'], 'FLAGS_CONFLICT', /one of/],
  [['--trace', 'CALLS', ...fleet, '--target-utilization', '70'], 'FLAGS_CONFLICT', /0\.7/],
  [['--trace', 'CALLS', ...fleet, '--term', 'on-demand'], 'TERM_UNKNOWN', /on_demand/],
  [['--trace', 'CALLS', ...fleet, '--spill-api', 'bedrock'], 'SPILL_API_FORM', /bedrock:/],
  [['--trace', 'CALLS', ...fleet, '--spill-api', 'bedrok:x'], 'SPILL_API_UNKNOWN', /bedrock/],
  [['--trace', 'CALLS', ...fleet, '--weights', 'fp9'], 'WEIGHT_DTYPE_UNKNOWN', /fp8/],
  [
    ['--trace', 'CALLS', '--model', 'llama-3.1-8b', '--gpu', 'v100-sxm-32gb', '--kv', 'fp8'],
    'KV_DTYPE_UNSUPPORTED',
    /16-bit/,
  ],
  [['--trace', 'CALLS', ...fleet, '--router', 'session-sticky'], 'ROUTER_NEEDS', /sessions/],
  [['--trace', 'CALLS', ...fleet, '--max-replicas', '1', '--min-replicas', '3'], 'SCALING_RANGE', /no fewer/],
  [['--trace', 'CALLS', '--model', 'llama-3.1-70b', '--gpu', 'h100', '--tp', '1'], 'MODEL_DOES_NOT_FIT', /$/],
])('%j is refused with %s and says what to do', async (words, code, hint) => {
  const asked = words.map(word => (word === 'CALLS' ? calls : word))
  const fault = await run(...asked).then(
    () => null,
    thrown => thrown,
  )
  expect(fault).toMatchObject({ code, kind: 'input' })
  expect(`${fault.message} ${fault.fix}`).toMatch(hint)
})

test('what is no trace of calls is one clear line', async () => {
  const odd = join(folder, 'odd.csv')
  writeFileSync(odd, 'time,input_tokens,output_tokens\n')
  await expect(run('--trace', odd, ...fleet)).rejects.toMatchObject({ kind: 'input' })
  await expect(run('--trace', join(folder, 'none.csv'), ...fleet)).rejects.toMatchObject({ kind: 'input' })
  rmSync(odd)
})

test('a fleet over time is drawn as SVG, PNG and a page that runs nothing, and its looks are in the answer', async () => {
  const at = (name: string) => join(folder, name)
  const pictures = ['--svg', at('t.svg'), '--png', at('t.png'), '--html', at('t.html')]
  const { json } = await run('--trace', calls, ...fleet, '--replicas', '2', ...pictures)
  const { timeline } = json
  expect(timeline!.instants.length).toBeGreaterThan(100)
  expect(timeline!.instants.every(({ serving }) => serving === 2)).toBe(true)
  const came = timeline!.stretches.reduce(
    (sum, one) => sum + one.requestsPerSecond * (one.toSeconds - one.fromSeconds),
    0,
  )
  expect(came).toBeCloseTo(200, 6)
  const svg = readFileSync(at('t.svg'), 'utf8')
  expect(svg).toContain('llama-3.1-8b (bf16) on 1× h100-sxm-80gb, 2 replicas')
  expect(svg).not.toMatch(/href=|url\(|<style|<script|var\(|NaN/)
  expect(readFileSync(at('t.png')).subarray(1, 4).toString()).toBe('PNG')
  const html = readFileSync(at('t.html'), 'utf8')
  expect(html).toContain("default-src 'none'")
  expect(html).not.toContain('<script')
  expect(html).toContain('var(--cl-blue')
  for (const name of ['t.svg', 't.png', 't.html']) rmSync(at(name))
  const { timeline: _, simulatedRequestsPerSecond: _s, ...plain } = json
  const unseen = await run('--trace', calls, ...fleet, '--replicas', '2')
  const { simulatedRequestsPerSecond: _u, ...same } = unseen.json
  expect(same).toEqual(plain)
  await expect(run('--trace', calls, ...fleet, '--sizing', 'peak,mean', '--svg', at('t.svg'))).rejects.toMatchObject({
    code: 'FLAGS_CONFLICT',
  })
  await expect(run('--trace', calls, ...fleet, '--svg', at('no/t.svg'))).rejects.toMatchObject({ code: 'CANNOT_WRITE' })
})

test('sessions in a closed loop are drawn as they came to be: as long as the replay, with all of its calls', async () => {
  const path = join(folder, 'sessions.csv')
  const at = (second: number) => new Date(Date.UTC(2026, 10, 2) + second * 1000).toISOString()
  const rows = Array.from({ length: 300 }, (_, i) => `${at(i / 4)},t${i % 9},900,120`)
  writeFileSync(path, `time,task,input_tokens,output_tokens\n${rows.join('\n')}\n`)
  const svg = join(folder, 'sessions.svg')
  const { json } = await run('--trace', path, ...fleet, '--closed-loop', 'task', '--svg', svg)
  const { timeline, durationSeconds, ttftMs } = json
  expect(timeline!.durationSeconds).toBeCloseTo(durationSeconds!, 6)
  const came = timeline!.stretches.reduce(
    (sum, one) => sum + one.requestsPerSecond * (one.toSeconds - one.fromSeconds),
    0,
  )
  expect(came).toBeCloseTo(300, 6)
  const medians = timeline!.stretches.map(({ ttftP50Ms }) => ttftP50Ms!).sort((a, b) => a - b)
  expect(medians[Math.floor(medians.length / 2)]! / ttftMs.p50!).toBeCloseTo(1, 0)
  rmSync(path)
  rmSync(svg)
})
