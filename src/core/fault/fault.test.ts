import { expect, test } from 'vitest'
import { Fault, faultJson, nearestName } from './fault.ts'

test.each([
  ['trem', ['from', 'term'], 'term'],
  ['crosover', ['crossover', 'report'], 'crossover'],
  ['--jsno', ['--json', '--data'], '--json'],
  ['Llama-3.1-8', ['llama-3.1-8b', 'llama-3.1-70b'], 'llama-3.1-8b'],
  ['xyz', ['report', 'import'], null],
])('nearest to %s among %j is %s', (asked, names, nearest) => {
  expect(nearestName(asked, names)).toBe(nearest)
})

test('a fault keeps its parts, anything else is said to be internal', () => {
  const fault = new Fault('A', 'what', { where: 'there', fix: 'so' })
  expect(faultJson(fault)).toEqual({ error: { code: 'A', message: 'what', where: 'there', fix: 'so' } })
  expect(faultJson('oops').error).toMatchObject({ code: 'INTERNAL', message: 'oops' })
})
