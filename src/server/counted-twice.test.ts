// A usage report of OpenAI as its API answers beside calls of the same days: both are counted, and import, report and crossover say so.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { reportText } from '../report/rows.ts'
import { crossover, importFile, report, undoImport } from './operations.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

const io = { progress: () => {}, note: () => {}, file: null }
let folder: string
let workplace: Workplace

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-twice-'))
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
})
afterEach(async () => {
  await workplace.close()
  rmSync(folder, { recursive: true, force: true })
})

async function take(name: string, text: string): Promise<readonly string[]> {
  const path = join(folder, name)
  writeFileSync(path, text)
  return (await importFile.run(workplace, {}, { ...io, file: { path, name } })).notes
}

const usage = JSON.stringify({
  object: 'page',
  data: [20, 21].map(day => ({
    object: 'bucket',
    start_time: Date.UTC(2026, 10, day) / 1000,
    end_time: Date.UTC(2026, 10, day + 1) / 1000,
    results: [
      {
        object: 'organization.usage.completions.result',
        input_tokens: 10_000,
        input_cached_tokens: 0,
        output_tokens: 1000,
        num_model_requests: 5,
        model: 'gpt-4o-2024-08-06',
        batch: false,
        service_tier: null,
      },
    ],
  })),
  has_more: false,
  next_page: null,
})
const calls = (provider: string, day: number) =>
  `id,time,provider,model,input_tokens,output_tokens\n${provider}-1,2026-11-${day}T10:00:00Z,${provider},gpt-4o-2024-08-06,2000,200\n`
const said =
  'usage.json sums up what openai served on 2026-11-20 (5 calls, $0.035), and 1 call of these days is here one by one: what both tell of is counted twice. Take one out: crossline import undo usage.json'
const asked = { asModel: 'llama-3.1-8b', gpus: ['h100-sxm-80gb'] }

test('whichever comes first, import says it, and report and crossover until one is taken out', async () => {
  expect(await take('usage.json', usage)).not.toContain(said)
  expect(await take('calls.csv', calls('OpenAI', 20))).toContain(said)
  const found = await report.run(workplace, { by: ['provider'] }, io)
  expect(found.countedTwice).toMatchObject([{ name: 'usage.json', calls: 1, summed: { calls: 5 } }])
  const text = reportText(found, { columns: 80, color: false })
  expect(text.replace(/\n */g, ' ')).toContain(said)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  expect((await report.run(workplace, { from: '2026-11-21' }, io)).countedTwice).toEqual([])
  const { assumptions } = await crossover.run(workplace, asked, io)
  expect(assumptions).toContainEqual(expect.objectContaining({ name: 'counted twice', source: said }))

  await undoImport.run(workplace, { source: 'usage.json' }, io)
  expect((await report.run(workplace, {}, io)).countedTwice).toEqual([])
  expect(await take('usage.json', usage)).toContain(said)
})

test('another seller, or another day, is told by one side alone', async () => {
  await take('usage.json', usage)
  expect(await take('azure.csv', calls('azure', 20))).not.toContainEqual(expect.stringContaining('counted twice'))
  expect(await take('later.csv', calls('openai', 23))).not.toContainEqual(expect.stringContaining('counted twice'))
  expect((await report.run(workplace, {}, io)).countedTwice).toEqual([])
})
