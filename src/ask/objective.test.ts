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

/** Hundreds of calls with times: 1 to 400 ms to the first token, ten tokens after it at a tenth of that each. */
function timed(n: number, over: { ttftMs?: Float32Array; latencyMs?: Float32Array } = {}) {
  const calls = mix(new Array(n).fill(500), new Array(n).fill(11))
  const ttftMs = Float32Array.from({ length: n }, (_, i) => ((i * 7919) % n) + 1)
  return { ...calls, ttftMs, latencyMs: ttftMs.map(ms => ms * 2), ...over }
}

test("what today's option delivers is the objective, from 100 calls on that know it; a stated one wins", () => {
  const objective = objectiveOf(defaultQuestion, timed(400))
  expect(objective.ttftP95Ms).toBeCloseTo(380, 0)
  expect(objective.tpotP95Ms).toBeCloseTo(38, 1)
  expect(objective.source).toContain("what today's option delivers, p95 of the 400 calls")
  expect(objectiveOf({ ...defaultQuestion, tpotP95Ms: 20 }, timed(400))).toMatchObject({
    tpotP95Ms: 20,
    stated: { ttft: false, tpot: true },
    measured: { ttft: { calls: 400 }, tpot: { calls: 400 } },
  })
  expect(objectiveOf(defaultQuestion, timed(99))).toMatchObject({ ttftP95Ms: 2000, measured: { ttft: null } })
})

test('unknown times count for nothing, and neither does an answer that came in one piece', () => {
  const some = timed(400)
  const unknown = some.ttftMs.map((ms, i) => (i % 2 === 0 ? Number.NaN : ms))
  expect(objectiveOf(defaultQuestion, timed(400, { ttftMs: unknown })).measured!.ttft!.calls).toBe(200)
  const whole = objectiveOf(defaultQuestion, timed(400, { latencyMs: some.ttftMs }))
  expect(whole).toMatchObject({ ttftP95Ms: 2000, measured: { ttft: null, tpot: null } })
})
