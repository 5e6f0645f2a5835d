// The command's own: how a tolerance is written, and what its exit status says.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Reconciliation } from '../../server/reconciling.ts'
import { runForTest } from './frame-for-test.ts'
import { importCommand } from './import.ts'
import { reconcile } from './reconcile.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-reconcile-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const data = { data: join(folder, 'data') }
const file = (name: string, ...lines: string[]) => {
  writeFileSync(join(folder, name), `${lines.join('\n')}\n`)
  return join(folder, name)
}
const run = (...words: string[]) => runForTest<Reconciliation>(reconcile, ['reconcile', ...words], data)

beforeAll(async () => {
  // A million tokens of gpt-4o-mini cost $0.15.
  const calls = file(
    'calls.csv',
    'time,provider,model,input_tokens,output_tokens',
    '2026-11-02T12:00:00Z,openai,gpt-4o-mini,1000000,0',
  )
  await runForTest(importCommand, ['import', calls], data)
})

test('beyond the tolerance the answer is no: exit 1; within it, 0', async () => {
  const bill = file('bill.csv', 'date,vendor,model,amount', '2026-11-02,OpenAI,gpt-4o-mini,0.20')
  const beyond = await run('--bill', bill)
  expect(beyond).toMatchObject({ status: 1, json: { isWithin: false, tolerance: 0.01 } })
  expect(beyond.json.providers[0]!.mismatch).toBeCloseTo(0.25, 12)
  expect(beyond.text).toContain('beyond the tolerance of 1 %')
  for (const tolerance of ['25%', '0.25', '30%']) {
    expect(await run('--bill', bill, '--tolerance', tolerance)).toMatchObject({ status: 0, json: { isWithin: true } })
  }
  expect(await run('--bill', bill, '--tolerance', '24.9%')).toMatchObject({ status: 1 })
})

test.each(['x', '-1%', '150%', '2', ''])('a tolerance of "%s" is refused', async text => {
  await expect(run('--tolerance', text)).rejects.toMatchObject({ code: 'BAD_NUMBER', where: '--tolerance' })
})

test('a file that is not there is named', async () => {
  await expect(run('--bill', join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
})
