// From requests on a socket to the report: what nobody attributed, and that doing what the report says attributes it.
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import OpenAI from 'openai'
import { afterAll, afterEach, expect, test } from 'vitest'
import { parse } from 'yaml'
import { unattributedLine } from '../charts/ground.ts'
import { fingerprint as fingerprintCommand } from '../cli/commands/fingerprint.ts'
import { runForTest } from '../cli/commands/frame-for-test.ts'
import { settingsShape } from '../cli/settings-shape.ts'
import type { Opened } from '../core/meter/call-record.ts'
import { fingerprintsOf } from '../gateway/fingerprint.ts'
import { type Answer, closeAll, type World, world } from '../gateway/world-for-test.ts'
import { reportText } from '../report/rows.ts'
import { fingerprintKey } from './fingerprint-key.ts'
import { report } from './operations.ts'
import { priceCallsOf } from './prices.ts'
import { openWorkplace } from './workplace.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-attribution-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
afterEach(closeAll)

/** As OpenAI's reference shows it, for whatever is asked. */
const answer: Answer = (_request, body, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  const { model } = JSON.parse(body.toString()) as { model: string }
  response.end(
    JSON.stringify({
      id: `chatcmpl-${Math.random()}`,
      object: 'chat.completion',
      model,
      choices: [{ index: 0, message: { role: 'assistant', content: 'Hi.' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 1000, completion_tokens: 50, total_tokens: 1050 },
    }),
  )
}

const support = 'You answer customers of a bookshop. '.repeat(80)
const asking =
  ({ port }: World) =>
  (system: string | null, question: string, headers = {}, model = 'gpt-4o-2024-08-06') =>
    new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'k', maxRetries: 0 }).chat.completions.create(
      {
        model,
        messages: [
          ...(system === null ? [] : [{ role: 'system' as const, content: system }]),
          { role: 'user' as const, content: question },
        ],
      },
      { headers },
    )

const io = { file: null, progress: () => {}, note: () => {} }

async function reportOf({ records }: World, by: readonly string[]) {
  const workplace = openWorkplace({ dataDir: folder, inMemory: true })
  const ledger = await workplace.ledger()
  await ledger.take(records, {}, (await priceCallsOf(workplace)).price)
  const found = await report.run(workplace, { by: [...by] }, io)
  await workplace.close()
  return found
}

test('what nobody attributed is a row of its own, and the rule that the report prints attributes it', async () => {
  const before = await world(answer)
  const ask = asking(before)
  for (let i = 0; i < 6; i++) await ask(support, `question ${i}`)
  await ask('You translate.', 'x')
  await ask(null, 'y', {}, 'gpt-4o-mini-2024-07-18')
  await ask(support, 'z', { 'x-crossline-feature': 'search' })
  const found = await reportOf(before, ['feature', 'tag:tenant'])
  expect(found.rows.map(({ key, calls }) => [key.feature, calls])).toEqual([
    ['search', 1],
    [null, 8],
  ])
  const [feature, tenant] = found.unattributed
  // $2.50 and $10 a million: 0.003 a call; the mini 0.15 and 0.60: 0.00018.
  expect(feature).toMatchObject({ dimension: 'feature', calls: 8, usd: '0.021180000000' })
  expect(feature!.share).toBeCloseTo(0.02118 / 0.02418, 12)
  expect(feature!.hints[0]).toContain('x-crossline-feature: NAME')
  expect(feature!.hints[1]).toContain('85 % of it')
  expect(tenant).toMatchObject({ dimension: 'tag:tenant', calls: 9, rule: null })
  expect(tenant!.hints).toEqual([expect.stringContaining('x-crossline-tags: tenant=NAME')])
  const text = reportText(found, { columns: 80, color: false })
  expect(text).toMatch(/^\(not attributed\) /m)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)

  const pasted = settingsShape.parse(parse(feature!.rule!.replace('NAME', 'support')))
  const after = await world(answer, { rules: pasted.gateway!.rules })
  await asking(after)(support, 'another question')
  await asking(after)('You translate.', 'x')
  expect(after.records.flatMap(record => (record.kind === 'opened' ? [record.attribution.feature] : []))).toEqual([
    'support',
    null,
  ])
})

test('where no system prompt stands out the model does, and what is attributed needs no hint', async () => {
  const one = await world(answer)
  await asking(one)(null, 'a')
  await asking(one)(null, 'b', {}, "it's*")
  const found = await reportOf(one, ['team', 'model'])
  expect(found.unattributed).toHaveLength(1)
  expect(found.unattributed[0]!.rule).toContain("model: 'gpt-4o-2024-08-06'")
  const all = await world(answer)
  await asking(all)(support, 'a', { 'x-crossline-team': 'red' })
  expect((await reportOf(all, ['team'])).unattributed).toEqual([])
})

test('calls of a file are attributed by importing them anew: no header would reach them', async () => {
  const { importFile } = await import('./operations.ts')
  const workplace = openWorkplace({ dataDir: folder, inMemory: true })
  const path = join(folder, 'calls.csv')
  writeFileSync(path, 'time,model,input_tokens,output_tokens\n2026-01-01T00:00:00Z,gpt-4o,10,5\n')
  await importFile.run(workplace, { seed: 1 }, { ...io, file: { path, name: 'calls.csv' } })
  const { unattributed } = await report.run(workplace, { by: ['workload', 'feature'] }, io)
  expect(unattributed.map(({ hints }) => hints)).toEqual([
    ['import the file again with --workload NAME, after crossline import undo SOURCE'],
    [expect.stringContaining('feature in a column')],
  ])
  // One sentence, that speaks of no future where there is none.
  expect(unattributedLine(unattributed[0]!)).toBe(
    'Without a workload: 100 % of the spend (1 call, $0.000075). To attribute it, import the file again with --workload NAME, after crossline import undo SOURCE',
  )
  await workplace.close()
})

test('calls without a feature that have no price are counted beside those that have one, not told as 0 % of the calls', async () => {
  const { importFile } = await import('./operations.ts')
  const workplace = openWorkplace({ dataDir: folder, inMemory: true })
  const path = join(folder, 'half.csv')
  const rows = ['gpt-4o,search', 'nobody-knows-it,', 'gpt-4o,search', 'gpt-4o,search']
  const line = (row: string, i: number) => `2026-01-01T00:00:0${i}Z,10,5,${row}\n`
  writeFileSync(path, `time,input_tokens,output_tokens,model,feature\n${rows.map(line).join('')}`)
  await importFile.run(workplace, { seed: 1 }, { ...io, file: { path, name: 'half.csv' } })
  const { unattributed } = await report.run(workplace, { by: ['feature'] }, io)
  expect(unattributedLine(unattributed[0]!)).toContain('Without a feature: 25 % of the calls (1 call)')
  await workplace.close()
})

test('exact repeats are counted whatever the client does to its transport, and are what they cost', async () => {
  const one = await world(answer)
  const ask = asking(one)
  await ask(support, 'a')
  await ask(support, 'a', { 'x-crossline-user': 'other' })
  await ask(support, 'b')
  await ask(support, 'a', {}, 'gpt-4o-mini-2024-07-18')
  const { repeats } = await reportOf(one, ['model'])
  expect(repeats).toEqual({ known: 4, repeated: 1, usd: '0.003000000000' })
})

test('the fingerprint of a prompt file is that of the calls which carry it, and its key is nobody else’s', async () => {
  const [asText, asRequest] = [join(folder, 'prompt.txt'), join(folder, 'request.json')]
  writeFileSync(asText, `${support}\n`)
  const body = { system: support, messages: [{ role: 'user', content: 'hi' }] }
  writeFileSync(asRequest, JSON.stringify(body))
  const run = (file: string) =>
    runForTest<{ systemPrompt: string }>(fingerprintCommand, ['fingerprint', file], { data: folder })
  const { json, text } = await run(asText)
  expect(text).toBe(json.systemPrompt)
  expect((await run(asRequest)).json).toEqual(json)
  const { systemPrompt } = fingerprintsOf(fingerprintKey(folder), 'anthropic.messages', body, null)
  expect(json).toEqual({ systemPrompt })
  expect(statSync(join(folder, 'fingerprint.key')).mode & 0o077).toBe(0)
  writeFileSync(asText, ' \n')
  await expect(run(asText)).rejects.toMatchObject({ code: 'PROMPT_MISSING', where: asText })
})

test('records carry no text of a prompt', async () => {
  const one = await world(answer)
  await asking(one)(support, 'who wrote Moby Dick?')
  expect(JSON.stringify(one.records)).not.toMatch(/bookshop|Moby/)
  expect((one.records[0] as Opened).prefix).toHaveLength(2)
})
