import { expect, test } from 'vitest'
import { gatewayShape } from './gateway-settings.ts'

const problemOf = (url: string) =>
  gatewayShape.safeParse({ upstreams: { azure: { url } } }).error?.issues[0]?.message ?? null

test.each([
  'https://x.openai.azure.com/openai/v1?api-version=preview',
  'https://user:password@models.example',
  'https://models.example/#v1',
])('an address of which a part would be left out of every request is refused: %s', url => {
  expect(problemOf(url)).toMatch(/^expected host and path alone/)
})

test('host, port and path of an upstream are all that it needs', () => {
  expect(problemOf('https://api.groq.com/openai')).toBeNull()
  expect(problemOf('http://[::1]:8000/')).toBeNull()
})

test.each([
  'idleMs',
  'mostDrainedMs',
  'drainMs',
])('a time that no timer knows is refused rather than taken for a millisecond, as Node would: %s', name => {
  // https://nodejs.org/api/timers.html: "When delay is larger than 2147483647 … the delay will be set to 1".
  expect(gatewayShape.safeParse({ [name]: 2_147_483_648 }).success).toBe(false)
  expect(gatewayShape.safeParse({ [name]: 86_400_000 }).success).toBe(true)
})
