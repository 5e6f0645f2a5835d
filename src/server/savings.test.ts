import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SavingsAnswer } from '../core/decide/savings-answer.ts'
import { savingsText } from '../report/savings-text.ts'
import { appOf } from './app-for-test.ts'
import { importFile } from './operations.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let folder: string
let workplace: Workplace

const io = { progress: () => {}, note: () => {} }

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-savings-'))
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
  // Ten calls a day for ten days, of which those of two days tell no tokens.
  const rows = Array.from({ length: 100 }, (_, i) => {
    const day = String(1 + Math.floor(i / 10)).padStart(2, '0')
    const counts = i >= 80 ? ',' : '20000,500'
    return `2026-11-${day}T${String(i % 10).padStart(2, '0')}:30:00Z,vllm,meta-llama/Llama-3.1-8B-Instruct,${counts},${i % 3 === 0 ? 'ads' : 'search'}`
  })
  const path = join(folder, 'calls.csv')
  writeFileSync(path, ['time,provider,model,input_tokens,output_tokens,team', ...rows, ''].join('\n'))
  await importFile.run(workplace, {}, { ...io, file: { path, name: 'calls.csv' } })
})

afterAll(async () => {
  await workplace.close()
  rmSync(folder, { recursive: true, force: true })
})

const header = 'gpu,count,from,to,usdPerHour,committedUntil,team\n'

async function post(query: string, leases: string) {
  const app = appOf(workplace)
  const response = await app.request(`http://localhost/api/savings?${query}`, {
    method: 'POST',
    headers: { host: 'localhost' },
    body: header + leases,
  })
  return { status: response.status, json: (await response.json()) as SavingsAnswer & { error?: object } }
}

test('the list of leases travels as the body; days of the zone, sums of the columns', async () => {
  const { status, json } = await post('zone=Europe/Oslo&by=team&as=wandb', 'l40s,1,2026-11-01,,1.25,2026-11-04,ads\n')
  expect(status).toBe(200)
  // 20,500 tokens at wandb's $0.22 per Mtok are $0.00451 a call; 80 calls of known usage.
  expect(json.total).toMatchObject({
    calls: 100,
    unknownUsageCalls: 20,
    tokens: { input: 1_600_000, output: 40_000 },
    leasedUsd: '300.000000000000',
    sunkUsd: '90.000000000000',
    avoidableUsd: '210.000000000000',
    hosted: { usd: '0.360800000000', unpricedCalls: 0 },
  })
  expect(json.days.map(day => day.date)).toEqual(
    Array.from({ length: 10 }, (_, i) => `2026-11-${String(i + 1).padStart(2, '0')}`),
  )
  expect(json.rows.map(row => [row.key.team, row.calls])).toEqual([
    ['ads', 34],
    ['search', 66],
  ])
  expect(json.verdict).toBe('lost')
  expect(json.days.at(-1)).toMatchObject({ busyUsd: null, hosted: { usd: null } })
})

test('no line of the text is wider than 80 columns, and the verdict comes first', async () => {
  for (const query of ['by=team', 'operationsUsdPerMonth=0&frontier=gpt-5.1', 'from=2026-11-20&to=2026-11-27']) {
    const { json } = await post(
      query,
      'h100,8,2026-11-01,,2.49,2026-11-04,a team with quite a long name\nl40s,1,2026-11-02,2026-11-03,0.9,,\n',
    )
    const text = savingsText(json, { columns: 80, color: false })
    expect(text).toMatch(/^(Saved|Lost|Cannot tell): own GPUs cost \$/)
    expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  }
})

test('what is wrong with a list or a question is told where it is', async () => {
  const bad = await post('fileName=fleet.csv', 'h100,1,2026-11-01,,2,,\nh1000,1,2026-11-01,,2,,\n')
  expect(bad.status).toBe(400)
  expect(bad.json).toMatchObject({ error: { code: 'LEASE_INVALID', where: 'fleet.csv:3', fix: 'did you mean h100?' } })
  expect((await post('frontier=gpt-five', 'h100,1,2026-11-01,,2,,\n')).json).toMatchObject({
    error: { code: 'FRONTIER_UNPRICED', where: '--frontier' },
  })
  expect((await post('by=feature', 'h100,1,2026-11-01,,2,,\n')).status).toBe(400)
  expect((await post('zone=Europe/Olso', 'h100,1,2026-11-01,,2,,\n')).json).toMatchObject({
    error: { code: 'BAD_ZONE' },
  })
})

test('beside what the serving model makes idle stands in how much of the time seen no request ran, by the servers themselves', async () => {
  const leases = 'l40s,1,2026-11-01,,1.25,,\n'
  expect((await post('zone=UTC', leases)).json.measured).toBeNull()
  // Seen for two hours of the third of November: running for the first quarter of an hour of each, and once outside of the days.
  const scrape = (minute: number, running: number, day = '2026-11-03') =>
    `# ${day}T1${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}:00Z\nvllm:num_requests_running{model_name="meta-llama/Llama-3.1-8B-Instruct"} ${running}\nvllm:generation_tokens_total{model_name="meta-llama/Llama-3.1-8B-Instruct"} ${minute}\nvllm:prompt_tokens_total{model_name="meta-llama/Llama-3.1-8B-Instruct"} ${minute}\n`
  const moments = Array.from({ length: 121 }, (_, minute) => scrape(minute, minute % 60 < 15 ? 2 : 0))
  const path = join(folder, 'scrapes.prom')
  writeFileSync(path, [...moments, scrape(0, 9, '2026-12-24'), scrape(1, 9, '2026-12-24')].join(''))
  await importFile.run(workplace, { server: 'gpu-1' }, { ...io, file: { path, name: 'scrapes.prom' } })
  const { json } = await post('zone=UTC&from=2026-11-01&to=2026-11-11', leases)
  const { measured, total } = json
  expect(measured!.servers.map(one => one.server)).toEqual(['gpu-1'])
  expect(measured!.seenHours).toBeCloseTo(2, 9)
  // Half a minute at each change: 15 + 15 + 0.5 minutes of 120.
  expect(measured!.busyShare).toBeCloseTo(30 / 120, 1)
  expect(measured!.idleUsd).toBeCloseTo(Number(total.leasedUsd) * (1 - measured!.busyShare), 6)
  const text = savingsText(json, { columns: 80, color: false })
  expect(text).toMatch(/idle, as measured +\$\d+ +no request ran in 7\d/)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  const other = await post('zone=UTC&from=2026-11-05&to=2026-11-11', leases)
  expect(other.json.measured).toBeNull()
})
