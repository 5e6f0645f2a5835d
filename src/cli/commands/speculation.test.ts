import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { capacity } from './capacity.ts'
import { runForTest } from './frame-for-test.ts'
import { predict } from './predict.ts'
import { simulate } from './simulate.ts'

const folder = mkdtempSync(join(tmpdir(), 'crossline-speculation-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))
const trace = join(folder, 'calls.csv')
const rows = Array.from({ length: 40 }, (_, i) => `2026-05-04 08:00:${String(i).padStart(2, '0')},600,50`)
writeFileSync(trace, ['TIMESTAMP,ContextTokens,GeneratedTokens', ...rows].join('\n'))
const group = { gpu: 'h100-sxm-80gb', tp: 4, weights: 'fp8', replicas: 1, speculation: '3:0.7:llama-3.1-8b' }
const plan = join(folder, 'plan.json')
writeFileSync(plan, JSON.stringify({ model: 'llama-3.1-70b', trace, groups: [group] }))

const shape = ['--model', 'llama-3.1-70b', '--gpu', 'h100-sxm-80gb', '--tp', '4', '--weights', 'fp8']
const asked = [...shape, '--speculation', '3:0.7:llama-3.1-8b']
const lengths = ['--input', '600', '--output', '50']

test.each([
  ['predict', predict, ['predict', ...asked, ...lengths, '--concurrency', '4']],
  ['capacity', capacity, ['capacity', ...asked, ...lengths, '--ttft', '2000']],
  ['simulate', simulate, ['simulate', ...asked, '--trace', trace]],
  ['a plan', simulate, ['simulate', '--plan', plan]],
] as const)('%s says once that tokens are guessed ahead, by what and how well', async (_, command, words) => {
  const { text, json, status } = await runForTest<object>(command, [...words], { data: join(folder, 'data') })
  expect(status).toBe(0)
  const plain = text.replaceAll(/\s+/g, ' ')
  // (1 − 0.7⁴) ÷ 0.3
  const words70 =
    '3 tokens guessed ahead by llama-3.1-8b, one holds in 70 % of cases if those before it did: 2.53 a step'
  expect(plain.split(words70)).toHaveLength(2)
  expect(JSON.stringify(json)).toContain(words70)
})
