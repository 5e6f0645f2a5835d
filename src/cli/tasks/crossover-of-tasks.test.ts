import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attemptOf } from '../../core/decide/quality/attempt.ts'
import { rowOf } from '../../core/decide/quality/attempt-row.ts'
import { type TriedOption, triedOptionOf } from '../../core/decide/quality/tried-option.ts'
import { parseUsd } from '../../core/meter/money.ts'
import { unknownUsage } from '../../core/meter/usage.ts'
import { answerText } from '../../report/text.ts'
import { crossover } from '../../server/operations.ts'
import { ensureSample } from '../../server/sample.ts'
import { openWorkplace, type Workplace } from '../../server/workplace.ts'
import { keepRun } from '../../tasks/kept-run.ts'
import { imported } from './imported.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-task-evidence-'))
const io = { file: null, progress: () => {}, note: () => {} }
let workplace: Workplace

const options: readonly TriedOption[] = [
  triedOptionOf({ name: 'llama', kind: 'api', provider: 'together', model: 'llama', group: 'llama-3.1-70b' }),
  triedOptionOf({ name: 'oss', kind: 'self-host', group: 'gpt-oss-120b', dtype: 'mxfp4' }),
]

beforeAll(async () => {
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
  await ensureSample(workplace)
})
afterAll(async () => {
  await workplace.close()
  rmSync(folder, { recursive: true, force: true })
})

const asked = { asModel: 'llama-3.1-70b', otherModels: ['gpt-oss-120b'], gpus: ['h100-sxm-80gb'] }

/** Of 120 tasks the first passes of each; the second thinks longer and writes more. */
function rows(workload: string | null) {
  return options.flatMap(({ name }, k) =>
    Array.from({ length: 120 }, (_, i) =>
      rowOf(
        attemptOf({
          option: name,
          task: `t${i}`,
          attempt: 1,
          passed: i < (k === 0 ? 105 : 112),
          usd: k === 0 ? parseUsd('0.0012') : null,
          usage: { ...unknownUsage, input: 900 + i, output: (k === 0 ? 100 : 250) + (i % 7) },
          workload,
        }),
      ),
    ),
  )
}

test('sample calls and a run of two options: the answer tells quality, tokens and the cost of a success of both, and by which run', async () => {
  const before = await crossover.run(workplace, asked, io)
  for (const { tried, usdPerSuccess, meetsQuality, group } of before.options) {
    expect([tried, usdPerSuccess]).toEqual([null, null])
    if (group !== 'llama-3.1-70b') expect(meetsQuality).toBe('unknown')
  }
  // As another tool wrote it: a table, of which the reader says what ran where.
  const table = join(folder, 'results.jsonl')
  const told = rows(null).map(({ usage, ...row }) => ({
    ...row,
    input: usage!.input,
    output: usage!.output,
    provider: row.option === 'llama' ? 'together' : 'vllm',
  }))
  writeFileSync(table, told.map(row => `${JSON.stringify(row)}\n`).join(''))
  const kept = await imported([table], {
    format: null,
    suite: 'support',
    option: null,
    scorer: null,
    passAt: 1,
    map: {},
    at: '2026-11-20',
    weights: { llama: 'llama-3.1-70b', oss: 'gpt-oss-120b' },
    dtypes: { oss: 'mxfp4' },
    out: null,
    dataDir: folder,
    prices: { configFile: undefined },
  })
  const answer = await crossover.run(workplace, { ...asked, bar: 0.8 }, io)
  const oss = answer.options.find(
    ({ group, kind, usd }) => group === 'gpt-oss-120b' && kind === 'self-host' && usd !== null,
  )!
  expect(oss).toMatchObject({
    meetsQuality: 'yes',
    tokenRatio: { input: 1, output: expect.closeTo(252.975 / 102.975, 9) },
  })
  expect(oss.tried).toMatchObject({
    run: kept.run,
    suite: 'support',
    at: '2026-11-20T00:00:00.000Z',
    n: 120,
    bar: 0.8,
    verdict: 'yes',
  })
  // Wilson's 95 % interval of 112 of 120, as statsmodels' proportion_confint prints it.
  expect(oss.tried!.passRate.low).toBeCloseTo(0.874, 3)
  expect(oss.tried!.passRate.high).toBeCloseTo(0.9658, 3)
  const { low, high, marginal } = oss.tried!.usdPerSuccess!
  expect(oss.usdPerSuccess!).toBeGreaterThan(low!)
  expect(oss.usdPerSuccess!).toBeLessThan(high!)
  expect(marginal!).toBeLessThan(oss.usdPerSuccess!)
  const together = answer.options.find(({ provider, group }) => provider === 'together' && group === 'llama-3.1-70b')
  expect(together?.usdPerSuccess).toBeCloseTo((120 * 0.0012) / 105, 9)
  // What it writes more of makes it dearer than if it wrote as much.
  const unmeasured = before.options.find(({ name }) => name === oss.name)!
  expect(oss.usd!).toBeGreaterThanOrEqual(unmeasured.usd!)
  const text = answerText(answer, { columns: 80, color: false, explain: true })
  expect(text).toContain('tasks: 93 % pass (87–97 %, 120 tasks, bar 80 %: yes)')
  expect(text).toContain(`run ${kept.run}`)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)

  // A newer run counts, and says no.
  const run = {
    run: 'nov-21',
    origin: 'run',
    suite: 'support',
    startedAt: '2026-11-21T11:00:00Z',
    endedAt: '2026-11-21T12:00:00Z',
    bars: [0.8],
    options,
    catalogVersion: null,
    notes: [],
  } as const
  keepRun(folder, run, rows('other'))
  const elsewhere = await crossover.run(workplace, { ...asked, bar: 0.99 }, io)
  expect(elsewhere.options.find(({ name }) => name === oss.name)!.meetsQuality).toBe('no')
})

test('a broken run takes nothing from the whole ones, and the answer says what was left out', async () => {
  appendFileSync(join(folder, 'tasks', 'nov-21', 'attempts.jsonl'), '{"option": cut off\n')
  mkdirSync(join(folder, 'tasks', 'half'))
  writeFileSync(join(folder, 'tasks', 'half', 'run.json'), '{')
  const { options: found, assumptions } = await crossover.run(workplace, asked, io)
  expect(found.filter(({ tried }) => tried !== null).length).toBeGreaterThan(0)
  const told = assumptions.filter(({ name }) => name === 'runs of tasks').map(({ value }) => value)
  expect(told).toEqual(['run half is left out: no run "half" is kept', 'run nov-21: 1 of 241 tries are not readable'])
  await expect(crossover.run(workplace, { ...asked, taskRun: 'nov-22' }, io)).rejects.toMatchObject({
    code: 'TASK_RUN_UNKNOWN',
    fix: 'did you mean nov-21?',
  })
})
