// The plan that ships, as an example and as a schema for editors, is the one that is read; bad plans say what would do.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runForTest } from '../src/cli/commands/frame-for-test.ts'
import { simulate } from '../src/cli/commands/simulate.ts'
import { planSchema } from '../src/cli/plan-shape.ts'
import type { FleetPlan } from '../src/core/decide/plan-figures.ts'

const root = resolve(import.meta.dirname, '..')
const example = join(root, 'simulate.example.yaml')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-plan-'))
  // Two hundred calls, one every 0.7 s, a burst of forty in the middle; one of twenty is long. A Monday, 08:00 in Berlin.
  const at = (second: number) => new Date(Date.UTC(2026, 10, 2, 7) + second * 700).toISOString()
  const rows = Array.from(
    { length: 200 },
    (_, i) => `${at(i < 100 ? i : Math.max(100, i - 40))},${i % 20 === 7 ? 90_000 : 600},${20 + (i % 50)}`,
  )
  writeFileSync(join(folder, 'calls.csv'), `time,input_tokens,output_tokens\n${rows.join('\n')}\n`)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const run = (...words: string[]) =>
  runForTest<FleetPlan>(simulate, ['simulate', ...words], { data: join(folder, 'data') })

/** A plan file beside the calls. */
function planned(text: string): string {
  const path = join(folder, 'plan.yaml')
  writeFileSync(path, `trace: calls.csv\nmodel: llama-3.1-8b\n${text}`)
  return path
}

test('the JSON Schema that ships for editors is that of the reader', () => {
  const path = join(root, 'simulate.schema.json')
  const text = `${JSON.stringify(planSchema(), null, 2)}\n`
  if (process.env.UPDATE_SCHEMA) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8'), 'run with UPDATE_SCHEMA=1').toBe(text)
})

test('the example runs as it stands, adds up by group, and says what it assumed', async () => {
  const { json, text } = await run('--plan', example)
  expect(json.requests).toBe(8819)
  expect(json.completed! + json.spilled! + json.rejected!).toBe(8819)
  expect(json.groups.map(({ name }) => name)).toEqual(['base', 'burst'])
  const sum = (of: (group: FleetPlan['groups'][number]) => number) => json.groups.reduce((s, group) => s + of(group), 0)
  expect(sum(group => group.gpuHours)).toBeCloseTo(json.gpuHours!, 9)
  expect(sum(group => group.completed)).toBe(json.completed)
  for (const { gpuHours, busyGpuHours, idleGpuHours, coldGpuHours } of json.groups) {
    expect(busyGpuHours + idleGpuHours + coldGpuHours).toBeCloseTo(gpuHours, 9)
  }
  const [base] = json.groups
  expect(base!.usd).toBeCloseTo(base!.gpuHours * 2.49, 9)
  expect(json.usd).toBeCloseTo(json.gpuUsd! + json.spillUsd! + json.escalationUsd!, 9)
  const { input, output } = json.escalatedTokens
  expect(json.escalationUsd).toBeCloseTo((input * 3 + output * 15) / 1e6, 9)
  // A tenth of the completed calls, one by one: three standard errors.
  expect(Math.abs(json.escalated / json.completed! - 0.1)).toBeLessThan(3 * Math.sqrt(0.09 / json.completed!))
  expect(json.groups[1]!.notes).toEqual([expect.stringContaining('fp8 weights save memory and reads only')])
  expect(json.groups[1]!.coldStart.map(({ seconds }) => seconds)).toEqual([120, 0, 30, 60])
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(text).toMatch(/^base +4 +3 /m)
})

test('one group by a plan is the fleet of the flags', async () => {
  const one = await run('--plan', planned('groups: [{ gpu: h100, replicas: 2, usdPerGpuHour: 3 }]\nttftP95Ms: 900\n'))
  const flags = ['--model', 'llama-3.1-8b', '--gpu', 'h100', '--replicas', '2', '--usd-per-gpu-hour', '3']
  const flat = await run('--trace', join(folder, 'calls.csv'), ...flags, '--ttft', '900')
  for (const key of ['usd', 'ttftMs', 'tpotMs', 'e2eMs', 'busyGpuHours', 'lateShare', 'replicas'] as const) {
    expect(one.json[key]).toEqual(flat.json[key])
  }
})

test('a schedule is of the zone that it names', async () => {
  const hours = (from: number) =>
    `groups:\n  - gpu: h100\n    autoscale: { signal: schedule, schedule: { zone: Europe/Berlin, hours: [{ from: ${from}, to: 18, replicas: 3 }], otherwise: 1 } }\n`
  // The calls begin at 07:00 UTC, which is 08:00 in Berlin in November.
  expect((await run('--plan', planned(hours(8)))).json.replicas.max).toBe(3)
  expect((await run('--plan', planned(hours(9)))).json.replicas.max).toBe(1)
})

test('calls that no replica holds are counted, and what would hold them is said', async () => {
  const { json, text } = await run('--plan', planned('groups: [{ gpu: l4-24gb, weights: fp8 }]\n'))
  expect(json.rejected).toBe(10)
  expect(json.tooLong).toMatchObject({ calls: 10 })
  expect(json.tooLong!.note).toMatch(
    /^10 calls of up to 90,0\d\d tokens fit into no replica, which holds [\d,]+: tensor parallelism 2 or an fp8 cache or [\w-]+ would hold them$/,
  )
  expect(text).toContain('too long')
})

test('sessions are those of a dimension, the task unless the plan names another', async () => {
  const [head, ...rows] = readFileSync(join(folder, 'calls.csv'), 'utf8').trimEnd().split('\n')
  const path = join(folder, 'tasks.csv')
  writeFileSync(path, [`${head},task,team`, ...rows.map((row, i) => `${row},t${i % 9},`)].join('\n'))
  const text = 'groups: [{ gpu: h100, replicas: 3 }]\nrouter: session-sticky\n'
  const sticky = await run('--plan', planned(text), '--trace', path)
  expect(sticky.json.completed).toBe(200)
  const spread = await run('--plan', planned(text), '--trace', path, '--router', 'least-loaded')
  expect(sticky.json.e2eMs).not.toEqual(spread.json.e2eMs)
  await expect(run('--plan', planned(`${text}sessions: team\n`), '--trace', path)).rejects.toMatchObject({
    code: 'ROUTER_NEEDS',
  })
})

test('prompts and answers apart: each group has its own tokens, and the transfer is said', async () => {
  const text = 'groups: [{ role: decode, gpu: h100 }, { role: prefill, gpu: h100 }]\ntransfer: { gbPerSecond: 10 }\n'
  const { json, text: shown } = await run('--plan', planned(text))
  expect(json.completed).toBe(200)
  expect(json.groups.map(({ name }) => name)).toEqual(['prefill 1', 'decode 1'])
  expect(json.groups.map(({ tokens }) => [tokens.input > 0, tokens.output > 0])).toEqual([
    [true, false],
    [false, true],
  ])
  expect(json.transfer).toEqual({ gbPerSecond: 10, milliseconds: 5, bytesPerToken: 131072 })
  expect(shown).toContain('Caches are sent at 10 GB/s')
  await expect(run('--plan', planned(text), '--svg', join(folder, 'x.svg'))).rejects.toMatchObject({
    code: 'FLAGS_CONFLICT',
  })
})

test('flags of a cascade are by call, and must be as many', async () => {
  const flags = Array.from({ length: 200 }, (_, i) => (i < 30 ? 1 : 0))
  writeFileSync(join(folder, 'flags.txt'), `${flags.join('\n')}\n`)
  const text = 'groups: [{ gpu: h100 }]\ncascade: { flags: flags.txt, usdPerMtok: { input: 1, output: 2 } }\n'
  expect((await run('--plan', planned(text))).json.escalated).toBe(30)
  writeFileSync(join(folder, 'flags.txt'), '1\n0\n')
  await expect(run('--plan', planned(text))).rejects.toMatchObject({
    code: 'CASCADE_FLAGS',
    message: /2 flags for 200/,
  })
  writeFileSync(join(folder, 'flags.txt'), '1\nyes\n')
  await expect(run('--plan', planned(text))).rejects.toMatchObject({ where: expect.stringMatching(/flags.txt:2$/) })
})

test('a batch tries each line on the same calls, and a bad line says why', async () => {
  const lines = [
    { id: 'one', gpu: 'h100', replicas: 1 },
    { id: 'two', groups: [{ gpu: 'h100', replicas: 2 }] },
    { id: 'bad', groups: [{ gpu: 'h100', tp: 3 }] },
    { id: 'odd', groups: [{ gpu: 'h100', replica: 3 }] },
  ]
  const path = join(folder, 'lines.jsonl')
  writeFileSync(path, lines.map(line => JSON.stringify(line)).join('\n'))
  const trace = ['--trace', join(folder, 'calls.csv'), '--model', 'llama-3.1-8b']
  const written: string[] = []
  const { write } = process.stdout
  process.stdout.write = ((text: string, done?: () => void) => {
    written.push(String(text))
    if (typeof done === 'function') done()
    return true
  }) as typeof process.stdout.write
  try {
    await run('--batch', path, ...trace)
  } finally {
    process.stdout.write = write
  }
  const answers = written
    .join('')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(answers.map(({ id }) => id)).toEqual(['one', 'two', 'bad', 'odd'])
  expect(answers[0]).toMatchObject({ requests: 200, completed: 200 })
  expect(answers[1]).toMatchObject({ requests: 200, groups: [{ completed: 200 }] })
  expect(answers[2].error).toMatchObject({ code: 'TP_DOES_NOT_DIVIDE', where: `${path}:3:groups.0` })
  expect(answers[3].error).toMatchObject({ code: 'PARAMETER_UNKNOWN', fix: 'did you mean "replicas"?' })
})

test.each([
  ['groups: [{ gpu: h100, replicas: 0 }]', 'PARAMETER_WRONG', /"groups.0.replicas": .*>=1/],
  ['groups: [{ gpu: h100, tp: 3 }]', 'TP_DOES_NOT_DIVIDE', /does not divide the 32 heads .*use one of 1, 2, 4, 8/],
  ['groups: [{ gpu: h100 }, { gpu: h100, pp: 64 }]', 'PP_EXCEEDS_LAYERS', /exceeds the 32 layers .*1 to 32/],
  ['groups: [{ gpu: h100, ep: 4 }]', 'EP_WITHOUT_EXPERTS', /has no experts .*leave ep out/],
  ['groups: [{ gpu: v100-sxm-32gb, kv: fp8 }]', 'KV_DTYPE_UNSUPPORTED', /no kernel .*16-bit cache/],
  ['groups: [{ gpu: v100-sxm-32gb, weights: fp8 }]', 'WEIGHT_DTYPE_UNSUPPORTED', /int4 \(GPTQ\)/],
  ['groups: [{ gpu: t4-16gb, tp: 1 }]', 'MODEL_DOES_NOT_FIT', /would fit/],
  ['groups: [{ gpu: h1000 }]', 'GPU_UNKNOWN', /h100/],
  ['groups: [{ gpu: h100, engine: vlm }]', 'ENGINE_UNKNOWN', /vllm/],
  ['groups: [{ gpu: h100 }]\nrouter: least-load', 'PARAMETER_WRONG', /least-loaded/],
  ['groups: [{ gpu: h100 }]\nrouter: session-sticky', 'ROUTER_NEEDS', /sessions.*least-loaded/],
  ['groups: [{ gpu: h100 }]\nreplicas: 3', 'PLAN_CONFLICT', /"replicas".*in each group/],
  ['gpu: h100\ncascade: { share: 0.1 }', 'PLAN_CONFLICT', /"cascade" needs groups/],
  ['groups: [{ gpu: h100 }]\ncascade: { share: 1.1 }', 'PARAMETER_WRONG', /cascade.share/],
  ['groups: [{ gpu: h100 }]\ncascade: { share: 0.1, flags: f.txt }', 'CASCADE_TERMS', /one of share and flags/],
  ['groups: [{ gpu: h100, autoscale: { signal: schedule } }]', 'SCALING_SCHEDULE', /zone, hours, otherwise/],
  ['groups: [{ gpu: h100, autoscale: { signal: queue, min: 4, max: 2 } }]', 'SCALING_RANGE', /4 to 2/],
  ['groups: [{ gpu: h100, name: a }, { gpu: h100, name: a }]', 'GROUP_NAME', /"a".*apart/],
  ['groups: [{ gpu: h100, role: prefill }]', 'PLAN_ROLES', /both roles/],
  ['groups: [{ gpu: h100, role: prefill }, { gpu: h100, role: decode }, { gpu: h100 }]', 'PLAN_ROLES', /every group/],
  ['groups: [{ gpu: h100, term: forever }]', 'TERM_UNKNOWN', /on_demand/],
])('a bad plan is one line that says what would do: %s', async (text, code, says) => {
  const fault = await run('--plan', planned(`${text}\n`)).then(
    () => null,
    thrown => thrown,
  )
  expect(fault).toMatchObject({ code, kind: 'input' })
  expect(`${fault.message} ${fault.fix}`).toMatch(says)
  expect(fault.message).not.toContain('\n')
  // A group's fault names its line in the plan.
  if (/_DIVIDE|_LAYERS|_FIT|GPU_|ENGINE_|UNSUPPORTED/.test(code)) expect(fault.where).toMatch(/plan\.yaml:3$/)
})
