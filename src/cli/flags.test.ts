import { expect, test } from 'vitest'
import { numberFlag, pairsFlag } from './flags.ts'

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

test('a number beyond what it may be is refused with the flag and both ends', () => {
  const share = numberFlag('--output-share', { above: 0, below: 1 })
  expect(share('0.999')).toBe(0.999)
  for (const text of ['0', '1', 'x', '']) {
    expect(() => share(text)).toThrow(
      expect.objectContaining({ where: '--output-share', message: `"${text}" is not a number above 0 and below 1` }),
    )
  }
  const volume = numberFlag('--volume', { above: 0, max: 1e18 })
  expect(volume('1e18')).toBe(1e18)
  expect(() => volume('1e30')).toThrow('"1e30" is not a number above 0, up to 1e18')
  expect(() => numberFlag('--port', { min: 0, whole: true })('-1')).toThrow('"-1" is not a whole number from 0')
})
