import { expect, test } from 'vitest'
import { pairsFlag } from './flags.ts'

const where = pairsFlag('--where')

test('pairs add up, repeated or after a comma; a comma or an equals sign within a value stays in it', () => {
  expect(where('environment=production', where('feature=search'))).toEqual({
    feature: 'search',
    environment: 'production',
  })
  expect(where('feature=search,environment=production')).toEqual({ feature: 'search', environment: 'production' })
  expect(where('feature=search, chat,tag:lang=a=b')).toEqual({ feature: 'search, chat', 'tag:lang': 'a=b' })
})

test.each(['feature', 'feature=', '=search', ''])('what names no value is refused with the flag: "%s"', text => {
  expect(() => where(text)).toThrow(expect.objectContaining({ code: 'BAD_PAIR', where: '--where' }))
})
