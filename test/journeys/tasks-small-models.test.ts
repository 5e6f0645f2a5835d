// Twenty tasks on two real small models, each served by llama.cpp on this machine's CPU: the whole way from a suite to a ranking. Skipped aloud
// where Python or PyPI is missing. All 120 in `npm run bench:tasks`.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Report } from '../../src/server/operations.ts'
import type { LlamaServer } from '../traffic/llama-server.ts'
import { crossline, runSmallModels, startSmallModels } from '../traffic/small-models.ts'

let folder: string
let servers: readonly LlamaServer[] = []
let missing = ''
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-small-models-'))
  try {
    servers = await startSmallModels()
  } catch (thrown) {
    missing = thrown instanceof Error ? thrown.message : String(thrown)
    process.stdout.write(`\nno real models to run tasks on: ${missing}\n`)
  }
}, 600_000)
afterAll(() => {
  for (const server of servers) server.stop()
  rmSync(folder, { recursive: true, force: true })
})

const sum = (values: readonly (number | null)[]): number => values.reduce<number>((total, value) => total + value!, 0)

test('two real models are ranked on twenty tasks, and every token is one that their servers counted', async ({
  skip,
}) => {
  if (missing !== '') skip(missing)
  const { rows, ranking, counted, data } = await runSmallModels(servers, folder, ['--tag', 'quick'])
  const report = JSON.parse(
    await crossline(folder, ['report', '--by', 'tag:option', '--data', data, '--json']),
  ) as Report
  for (const [option, { promptTokens, answerTokens }] of Object.entries(counted)) {
    const own = rows.filter(row => row.option === option)
    expect(own).toHaveLength(20)
    expect(own.every(({ ended, passed, calls }) => ended === 'answered' && passed !== null && calls === 1)).toBe(true)
    expect(sum(own.map(({ usage }) => usage!.input))).toBe(promptTokens)
    expect(sum(own.map(({ usage }) => usage!.output))).toBe(answerTokens)
    const { usage, calls } = report.rows.find(({ key }) => key['tag:option'] === option)!
    expect([usage.input, usage.output, calls]).toEqual([promptTokens, answerTokens, 20])
  }
  for (const { bar, ranking: ranked } of ranking.bars) {
    expect(ranked.map(({ option }) => option).sort()).toEqual(['gemma3-270m', 'smollm2-135m'])
    for (const { n, passRate, usdPerTask, meetsBar } of ranked) {
      expect(n).toBe(20)
      expect(passRate.low! < passRate.value! && passRate.value! < passRate.high!).toBe(true)
      expect(usdPerTask.value).toBeGreaterThan(0)
      expect(meetsBar).toBe(passRate.low! >= bar! ? 'yes' : passRate.high! < bar! ? 'no' : 'unclear')
    }
  }
  // At temperature 0, and by far apart: 135 million parameters are no match for twice as many.
  const [gemma, smol] = ['gemma3-270m', 'smollm2-135m'].map(
    name => ranking.bars[0]!.ranking.find(({ option }) => option === name)!.passRate.value!,
  )
  expect(gemma).toBeGreaterThan(smol!)
}, 300_000)
