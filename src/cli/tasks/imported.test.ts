import { mkdtempSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { rankings } from '../../core/decide/quality/rankings.ts'
import { importedTasksText } from '../../report/imported-tasks-text.ts'
import { type ImportAsked, imported } from './imported.ts'
import { readTrials } from './read-trials.ts'

const fixture = (name: string): string => resolve(import.meta.dirname, '../../../test/fixtures/attempts', name)
const asked = (more: Partial<ImportAsked> = {}): ImportAsked => ({
  format: null,
  suite: null,
  option: null,
  scorer: null,
  passAt: 1,
  map: {},
  at: null,
  out: null,
  dataDir: mkdtempSync(join(tmpdir(), 'imported-')),
  prices: {},
  ...more,
})

test('law 5: an import is kept as a run of ours is, and the same files again change no byte', async () => {
  const how = asked()
  const first = await imported([fixture('promptfoo.json')], how)
  expect(first).toMatchObject({ already: false, attempts: 24, tasks: 4, suite: 'capitals' })
  const folder = join(how.dataDir, 'tasks', first.run)
  const rows = readFileSync(join(folder, 'attempts.jsonl'), 'utf8')
  const changed = statSync(join(folder, 'attempts.jsonl')).mtimeMs
  const again = await imported([fixture('promptfoo.json')], how)
  expect(again).toMatchObject({ already: true, run: first.run })
  expect(readdirSync(join(how.dataDir, 'tasks'))).toEqual([first.run])
  expect(readFileSync(join(folder, 'attempts.jsonl'), 'utf8')).toBe(rows)
  expect(statSync(join(folder, 'attempts.jsonl')).mtimeMs).toBe(changed)
  const kept = JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8'))
  expect(kept).toMatchObject({
    origin: 'import',
    suite: 'capitals',
    detail: { cost: { catalog: 12, reported: 0, unknown: 12 } },
  })
  expect(kept.options.map((one: { name: string }) => one.name)).toEqual([
    'openai:chat:gpt-4o-mini',
    'openai:chat:my-own-finetune',
    'haiku',
  ])
})

test('what is written holds no answer, no prompt and no key', async () => {
  const how = asked()
  const { run } = await imported([fixture('promptfoo.json')], how)
  const folder = join(how.dataDir, 'tasks', run)
  const all = readdirSync(folder)
    .map(name => readFileSync(join(folder, name), 'utf8'))
    .join('')
  expect(all).not.toMatch(/Paris|What is the capital|apiKey/)
})

test('rejected rows go to a file with line and reason, and what was good is kept', async () => {
  const how = asked()
  const file = join(how.dataDir, 'tries.csv')
  writeFileSync(file, 'option,task,passed,usd\na,1,true,0.1\na,2,perhaps,0.1\n')
  const result = await imported([file], how)
  expect(result).toMatchObject({ attempts: 1, rejected: 1 })
  expect(readFileSync(result.rejectFile!, 'utf8')).toContain('"line":3')
})

test('a terminal of 80 columns holds every line', async () => {
  for (const name of ['promptfoo.json', 'aider-polyglot.yml', 'hal-listed-calls.json', 'inspect.eval']) {
    const text = importedTasksText({ ...(await imported([fixture(name)], asked())), folder: null }, 80)
    expect(Math.max(...text.split('\n').map(line => line.length)), name).toBeLessThanOrEqual(80)
  }
})

test('sums of whole runs are written as tasks rank reads them: as many pass and cost as the leaderboard says', async () => {
  const out = join(mkdtempSync(join(tmpdir(), 'sums-')), 'sums.jsonl')
  await imported([fixture('aider-polyglot.yml')], asked({ out }))
  const frame = { output: { note: () => {}, progress: () => {} } } as never
  const { sums } = await readTrials([out], { map: {}, data: '.', frame })
  const ranked = rankings((await readTrials([out], { map: {}, data: '.', frame })).table, sums, {
    by: null,
    seed: 1,
    bars: [0.8],
  })
  const found = ranked.bars[0]!.ranking.find(({ option }) => option === 'gpt-5 (high)')
  // The leaderboard: 225 exercises, 198 solved after two tries, $29.0829.
  expect(found).toMatchObject({ n: 225, passRate: { value: 198 / 225 } })
  expect(found!.usdPerSuccess.value).toBeCloseTo(29.0829 / 198, 10)
})
