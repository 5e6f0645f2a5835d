import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { defaultQuestion } from '../ask/question.ts'
import { askedCalls } from '../ask/slices.ts'
import { callForTest } from '../core/meter/call-for-test.ts'
import { parseUsd } from '../core/meter/money.ts'
import { report, savings } from './operations.ts'
import { ensureSample } from './sample.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let folder: string
let workplace: Workplace
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-sample-'))
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
})
afterEach(async () => {
  await workplace.close()
  rmSync(folder, { recursive: true, force: true })
})

const from = Date.UTC(2026, 10, 2) * 1000
const call = (source: string) => callForTest({ source, atMicros: from, provider: 'vllm', model: 'llama-3.1-8b' })
const bill = {
  source: 'bill',
  name: 'bill.csv',
  format: 'invoice',
  sample: false,
  importedAtMicros: from,
  charges: [
    {
      provider: 'openai',
      fromMicros: from,
      toMicros: from + 1,
      usd: parseUsd('1'),
      category: 'usage' as const,
      description: null,
      model: null,
    },
  ],
}

/** What each operation says of whether its figures are the sample's, and the calls that savings are told of. */
async function said() {
  const io = { progress: () => {}, note: () => {}, file: null }
  const path = join(folder, 'leases.csv')
  writeFileSync(path, 'gpu,count,from,to,usdPerHour\nh100,1,2026-11-02,2026-11-03,2\n')
  const saved = await savings.run(workplace, {}, { ...io, file: { path, name: 'leases.csv' } })
  return {
    crossover: (await askedCalls(defaultQuestion, await workplace.ledger())).sample,
    report: (await report.run(workplace, {}, io)).sample,
    savings: saved.sample,
    serve: await ensureSample(workplace),
    calls: saved.total.calls,
  }
}

test('an invoice beside the sample brings no calls: every answer is still the sample, and says so', async () => {
  const ledger = await workplace.ledger()
  await ledger.append([call('sample')])
  await ledger.addCharges(bill)
  expect(await said()).toEqual({ crossover: true, report: true, savings: true, serve: true, calls: 1 })
  await ledger.append([call('gateway')])
  expect(await said()).toEqual({ crossover: false, report: false, savings: false, serve: false, calls: 1 })
})
