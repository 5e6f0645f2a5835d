import { expect, test } from 'vitest'
import { answerCommand } from './again.ts'

const answer = { at: '2026-11-23', seed: 1 }

test('what a server prints is asked again of the data and settings that it was started with, where any were given', () => {
  expect(answerCommand(['serve', '--port', '8080'], answer)).toBe('crossline crossover --at 2026-11-23 --seed 1')
  expect(answerCommand(['--data', 'team a', 'serve', '--config=b/crossline.yaml'], answer)).toBe(
    "crossline crossover --data 'team a' --config b/crossline.yaml --at 2026-11-23 --seed 1",
  )
})
