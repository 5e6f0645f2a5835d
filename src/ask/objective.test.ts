import { expect, test } from 'vitest'
import { objectiveOf } from './objective.ts'
import { defaultQuestion } from './question.ts'

function mix(input: number[], output: number[]) {
  const n = input.length
  const atMicros = Float64Array.from({ length: n }, (_, i) => i)
  return { n, atMicros, inputTokens: Int32Array.from(input), outputTokens: Int32Array.from(output) }
}
const same = (input: number, output: number) => mix(new Array(100).fill(input), new Array(100).fill(output))

test('a chat mix is held to 2 s to the first token and 50 ms a token, and says whose figures these are', () => {
  const objective = objectiveOf(defaultQuestion, same(500, 300))
  expect(objective).toMatchObject({ ttftP95Ms: 2000, tpotP95Ms: 50 })
  expect(objective.source).toContain('MLPerf')
})

test('a long p95 prompt may take longer, and the longer the more', () => {
  const at = (prompt: number) => objectiveOf(defaultQuestion, same(prompt, 300)).ttftP95Ms
  expect(at(1000)).toBe(2000)
  expect(at(20_000)).toBeGreaterThan(2000)
  expect(at(40_000)).toBeCloseTo(2 * at(20_000), 6)
})

test('short answers are held to 5 s for a whole one, never to less than 50 ms a token', () => {
  // Ten tokens in five seconds.
  expect(objectiveOf(defaultQuestion, same(500, 10)).tpotP95Ms).toBe(500)
  expect(objectiveOf(defaultQuestion, same(500, 99)).tpotP95Ms).toBeCloseTo(5000 / 99, 6)
  expect(objectiveOf(defaultQuestion, same(500, 100)).tpotP95Ms).toBe(50)
  expect(Number.isFinite(objectiveOf(defaultQuestion, same(500, 0)).tpotP95Ms)).toBe(true)
})

test('what is stated wins, each by itself; unknown counts say nothing', () => {
  const stated = { ...defaultQuestion, ttftP95Ms: 300 }
  const objective = objectiveOf(stated, same(20_000, 300))
  expect(objective).toMatchObject({ ttftP95Ms: 300, tpotP95Ms: 50 })
  expect(objective.source).toContain('first token: stated by you')
  expect(objectiveOf(defaultQuestion, mix([-1, -1, 500], [-1, 300, -1]))).toMatchObject({
    ttftP95Ms: 2000,
    tpotP95Ms: 50,
  })
  expect(objectiveOf(defaultQuestion, mix([], []))).toMatchObject({ ttftP95Ms: 2000, tpotP95Ms: 50 })
})
