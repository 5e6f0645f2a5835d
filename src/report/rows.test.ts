import { expect, test } from 'vitest'
import { reportText } from './rows.ts'

const row = {
  key: {},
  calls: 3,
  usage: { input: 1000, output: 50 },
  usd: '0.000350000000',
  unpricedCalls: 2,
  estimatedCalls: 0,
  unknownUsageCalls: 2,
}

test('money that is in no row is told below the table, each as what it is', () => {
  const reported = { calls: 1, usd: '0.000300000000', differenceUsd: '-0.000050000000' }
  const total = { ...row, estimateUsd: '1.207500000000', reported }
  const text = reportText({ rows: [], total }, { columns: 80, color: false })
  expect(text.replace(/\n\s*/g, ' ')).toContain(
    'Not in it: 2 calls of unknown usage, by an estimate about $1.21 more (a token for every four bytes of a request',
  )
  expect(text.replace(/\n\s*/g, ' ')).toContain(
    'Of 1 call the provider says itself what they cost: $0.000300000000, $0.000050000000 less than here',
  )
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
  expect(reportText({ rows: [], total: row }, { columns: 80, color: false })).not.toMatch(/Not in it|says itself/)
})

test('a row that cost less than a cent beside dear ones is less than a cent, and only what cost nothing is 0', () => {
  const priced = { ...row, unpricedCalls: 0, unknownUsageCalls: 0 }
  const rows = ['0.000350000000', '0.000000000000', '0.005000000000'].map((usd, i) => ({
    ...priced,
    key: { model: 'abc'[i]! },
    usd,
  }))
  const text = reportText({ rows, total: { ...priced, usd: '12.005350000000' } }, { columns: 80, color: false })
  expect(text).toMatch(/^a .* <\$0\.01$/m)
  expect(text).toMatch(/^b .* {2}\$0\.00$/m)
  expect(text).toMatch(/^c .* {2}\$0\.01$/m)
})

test('names of any script leave the figures in their columns', () => {
  const names = ['search', '搜索', 'の検索とても長い名前'.repeat(6), 'चैट', 'café', '🔍 find', 'поиск', 'x'.repeat(90)]
  const priced = { ...row, unpricedCalls: 0, unknownUsageCalls: 0 }
  const rows = names.map(feature => ({ ...priced, key: { feature } }))
  const lines = reportText({ rows, total: priced }, { columns: 80, color: false }).split('\n')
  // Columns as wcwidth(3) counts them: two a letter of Chinese or Japanese and an emoji, none for a mark on a letter.
  const columns = (text: string) =>
    [...text].reduce(
      (sum, one) =>
        sum + (/[\u3040-\u30ff\u4e00-\u9fff🔍]/u.test(one) ? 2 : /[\u0300-\u036f\u0948\u0947]/.test(one) ? 0 : 1),
      0,
    )
  const ends = lines.filter(line => line.endsWith('$0.000350000000')).map(columns)
  expect(ends).toHaveLength(names.length + 1)
  expect(new Set(ends).size).toBe(1)
  expect(ends[0]).toBeLessThanOrEqual(80)
})
