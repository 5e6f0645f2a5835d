import { expect, test } from 'vitest'
import { turnsOf } from './turns.ts'

const arrivals = {
  n: 5,
  atSeconds: Float64Array.of(0, 1, 10, 12, 20),
  inputTokens: new Int32Array(5).fill(10),
  outputTokens: new Int32Array(5).fill(10),
  sessions: Int32Array.of(3, -1, 3, 7, 3),
}

test('think time is what lay between an answer and the next turn, where the record says when it ended; else starts keep their distance', () => {
  // The calls before them in the trace are left out of the replay: arrivals are calls 1 to 5.
  const latencyMs = Float32Array.of(9999, 4000, 0, 30_000, 5, Number.NaN)
  const { turns, facts } = turnsOf(arrivals, { latencyMs }, Int32Array.of(1, 2, 3, 4, 5), 'task')
  expect([...turns.thinkSeconds]).toEqual([0, 0, 6, 0, 0])
  // The answer to the second turn was still being written when the third came.
  expect([...turns.gapSeconds!]).toEqual([0, 0, 0, 0, 10])
  expect(facts).toEqual({ by: 'task', sessions: 2, laterTurns: 2, thinkTimeKnown: 1 })
  const silent = turnsOf(arrivals, {}, Int32Array.of(1, 2, 3, 4, 5), 'task')
  expect([...silent.turns.gapSeconds!]).toEqual([0, 0, 10, 0, 10])
})

test('without sessions there is no closed loop, and the fault says what to name', () => {
  const { sessions: _, ...none } = arrivals
  expect(() => turnsOf(none, {}, new Int32Array(5), 'user')).toThrow(
    'no call of the trace says which user it belongs to',
  )
})
