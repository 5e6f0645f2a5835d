import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerEstimate, promptEstimate } from './estimate.ts'
import { factsOf } from './request-facts.ts'

test('wherever a stream of equal events is cut, so many tokens are told as events came, give or take one', () => {
  const event = Buffer.from('data: {"choices":[{"delta":{"content":" word"}}]}\n\n')
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 5000 }), (events, pieceBytes) => {
      const stream = Buffer.concat(Array.from({ length: events }, () => event))
      const newest = stream.subarray(-Math.max(pieceBytes, event.length))
      const told = answerEstimate({ bytes: stream.length, newest, isStream: true })
      expect(told).toBeGreaterThanOrEqual(events / 2)
      expect(told).toBeLessThanOrEqual(events)
    }),
  )
  expect(answerEstimate({ bytes: 9, newest: Buffer.from('data: {"c'), isStream: true })).toBe(1)
  expect(answerEstimate({ bytes: 401, newest: Buffer.alloc(1), isStream: false })).toBe(101)
})

test('a prompt of text is estimated by its bytes; pictures, and what was not read, are not', () => {
  const about = (body: object) => {
    const whole = Buffer.from(JSON.stringify(body))
    return promptEstimate({ whole, forward: whole }, factsOf(whole))
  }
  const content = 'Hello there'
  const text = { model: 'm', messages: [{ role: 'user', content }] }
  expect(about(text)).toBe(Math.ceil(JSON.stringify(text).length / 4))
  const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
  expect(about({ model: 'm', messages: [{ role: 'user', content: [picture] }] })).toBeNull()
  expect(promptEstimate({ whole: null, forward: null }, factsOf(Buffer.from('no JSON')))).toBeNull()
})
