import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { teamFiles } from '../../test/team/team.ts'
import { slicesText } from '../report/slices-text.ts'
import { crossover, importFile } from './operations.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

/** A fifth of the invented team's fortnight: several features, models, environments. */
const files = teamFiles(1, 0.2)
const folder = mkdtempSync(join(tmpdir(), 'crossline-slices-'))
const io = { file: null, progress: () => {}, note: () => {} }
let workplace: Workplace

beforeAll(async () => {
  workplace = openWorkplace({ dataDir: folder, inMemory: true })
  const path = join(folder, 'spend-logs.jsonl.gz')
  writeFileSync(path, gzipSync(files.spendLog))
  await importFile.run(workplace, { seed: 1 }, { ...io, file: { path, name: 'spend-logs.jsonl.gz' } })
})
afterAll(() => workplace.close())

const asked = { otherModels: ['gpt-oss-120b'], gpus: ['h100-sxm-80gb'] }

test('features of a spend log: rows are those of the report, and add up to its money brought to a month', async () => {
  const { by, rows, total, unattributed, coverage } = await crossover.run(workplace, { ...asked, by: 'feature' }, io)
  expect(by).toBe('feature')
  const ledger = await workplace.ledger()
  const report = await ledger.report({}, ['feature', 'environment'], 'UTC')
  expect(rows!.map(({ key, environment, calls }) => `${key} ${environment} ${calls}`).sort()).toEqual(
    report.rows.map(({ key, calls }) => `${key.feature} ${key.environment} ${calls}`).sort(),
  )
  const sum = rows!.reduce((pico, { usdPerMonth }) => pico + BigInt(usdPerMonth.replace('.', '')), 0n)
  expect(sum).toBe(BigInt(total!.usdPerMonth.replace('.', '')))
  const demand = (await ledger.demand({}, 3600))!
  const hours = (demand.lastAtMicros - demand.firstAtMicros) / 3600e6
  expect(Number(total!.usdPerMonth)).toBeCloseTo((Number(report.total.usd) * 730) / hours, 9)
  expect(coverage.days).toBeGreaterThan(13)
  // Calls on the team's own GPUs have no price: not free, and said.
  const summaries = rows!.find(({ key, environment }) => key === 'summaries' && environment === 'production')!
  expect(summaries.usdPerMonthAtBest).toBeNull()
  expect(summaries.blocker).toMatch(/calls have no price/)
  const nameless = report.rows.filter(({ key }) => key.feature === null)
  expect(unattributed?.calls ?? 0).toBe(nameless.reduce((calls, row) => calls + row.calls, 0))
  const sliced = { by: by!, rows: rows!, total: total!, unattributed: unattributed! }
  const text = slicesText(sliced, { columns: 80, color: false })
  expect(text).toContain('Without a feature: ')
  expect(text).toContain('crossline import undo SOURCE')
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  expect(text).toContain('environment: staging')
})

test('a dimension that no call has is refused with the nearest name', async () => {
  await expect(crossover.run(workplace, { ...asked, by: 'featur' }, io)).rejects.toMatchObject({
    code: 'UNKNOWN_DIMENSION',
    fix: 'did you mean feature?',
  })
})
