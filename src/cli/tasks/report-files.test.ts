import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { afterAll, expect, test } from 'vitest'
import { stream } from '../../core/statistics/random.ts'
import { runForTest } from '../commands/frame-for-test.ts'
import { tasks } from '../commands/tasks.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-rank-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const at = (name: string) => join(folder, name)
const rank = (...words: string[]) => runForTest<never>(tasks, ['tasks', 'rank', ...words], { data: at('data') })

/** 200 tasks on two options; `cheap` passes a share of them, at so many cents a try. */
function write(name: string, { share, usd }: { share: number; usd: number }): string {
  const random = stream(7, 'tasks of the test')
  const rows = Array.from({ length: 200 }, (_, i) => {
    const hard = random.uniform()
    const noise = 0.8 + 0.4 * random.uniform()
    return [
      `cheap,t${i},1,${hard < share},${(usd * noise).toFixed(6)}`,
      `dear,t${i},1,${hard < 0.95},${(0.05 * noise).toFixed(6)}`,
    ]
  })
  writeFileSync(at(name), `option,task,attempt,passed,usd\n${rows.flat().join('\n')}\n`)
  return at(name)
}

const before = write('before.csv', { share: 0.85, usd: 0.01 })

test('the report is a page that asks for nothing, pictures, a table that ranks alike, and test cases', async () => {
  const files = ['html', 'svg', 'png', 'csv', 'junit'].flatMap(kind => [`--${kind}`, at(`r.${kind}`)])
  const { json, status } = await rank(before, '--bar', '0.7', '--bar', '0.9', ...files)
  expect(status).toBe(0)
  const page = readFileSync(at('r.html'), 'utf8')
  expect(page).toContain('cheap is the cheapest of 2 that clear 70 %')
  expect(page).toContain("default-src 'none'")
  expect(page.replace(/xmlns="[^"]+"/g, '')).not.toMatch(/https?:|<script|src=/)
  expect(readFileSync(at('r.svg'), 'utf8')).toMatch(/^<\?xml.*<svg /s)
  expect(readFileSync(at('r.png')).subarray(1, 4).toString()).toBe('PNG')
  expect(parse(readFileSync(at('r.csv')), { columns: true })).toHaveLength(400)
  const again = await rank(at('r.csv'), '--bar', '0.7', '--bar', '0.9')
  expect((again.json as { bars: unknown }).bars).toEqual((json as { bars: unknown }).bars)
  expect(readFileSync(at('r.junit'), 'utf8').match(/<testcase /g)).toHaveLength(400)
})

test.each([
  ['the same run', 0.85, 0.01, 0],
  ['a cost a quarter higher', 0.85, 0.0125, 1],
  ['one per cent higher', 0.85, 0.0101, 0],
  ['a quarter fewer solved, at the same cost', 0.6, 0.01, 1],
  ['nothing solved any more', 0, 0.01, 1],
])('a gate against %s', async (_, share, usd, expected) => {
  const now = write('now.csv', { share, usd })
  const { status, json } = await rank(
    now,
    '--fail-on',
    'usdPerSuccess>+10%',
    '--fail-on',
    'passRate<-5pp',
    '--against',
    before,
  )
  expect(status).toBe(expected)
  const { gate } = json as { gate: { option: string; judgement: string }[] }
  expect(gate).toHaveLength(4)
  expect(gate.filter(({ option }) => option === 'dear').every(({ judgement }) => judgement === 'holds')).toBe(true)
})

test('a gate on cost alone does not let through what succeeds no more', async () => {
  const now = write('now.csv', { share: 0, usd: 0.01 })
  expect((await rank(now, '--fail-on', 'usdPerSuccess>+10%', '--against', before)).status).toBe(1)
  expect((await rank(now, '--fail-on', 'usdPerSuccess>0.05')).status).toBe(1)
})

test('a change needs a baseline, a level none; an option that the baseline lacks has no change', async () => {
  await expect(rank(before, '--fail-on', 'usdPerSuccess>+10%')).rejects.toThrow(/nothing says from what/)
  expect((await rank(before, '--fail-on', 'passRate<50%')).status).toBe(0)
  expect((await rank(before, '--fail-on', 'passRate<99%')).status).toBe(1)
  writeFileSync(at('other.csv'), 'option,task,attempt,passed,usd\nother,t1,1,true,0.1\nother,t2,1,false,0.1\n')
  const { json, status } = await rank(at('other.csv'), '--fail-on', 'passRate<-1pp', '--against', before)
  expect((json as { gate: unknown }).gate).toMatchObject([{ option: 'other', judgement: 'unknown' }])
  expect(status).toBe(0)
})
