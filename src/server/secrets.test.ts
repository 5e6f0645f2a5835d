import { expect, test } from 'vitest'
import { withSecrets } from './secrets.ts'

const variable = (name: string) => `\${${name}}`
const upstreams = {
  groq: {
    url: 'https://api.groq.com/openai',
    headers: { authorization: `Bearer ${variable('GROQ_KEY')}`, 'x-team': `$5 ${variable('TEAM')}` },
  },
  own: { url: 'http://127.0.0.1:8000' },
}

test('keys come from the environment; what is no variable stays as it is', () => {
  const { groq, own } = withSecrets(upstreams, { GROQ_KEY: 'gsk_$&1', TEAM: 'a' })
  expect(groq!.headers).toEqual({ authorization: 'Bearer gsk_$&1', 'x-team': '$5 a' })
  expect(own).toEqual({ url: 'http://127.0.0.1:8000', headers: {} })
})

test.each([
  {},
  { GROQ_KEY: '' },
])('a key that is not there is said by name and place, before any call fails for it', environment => {
  expect(() => withSecrets(upstreams, environment)).toThrow(
    expect.objectContaining({
      code: 'VARIABLE_UNSET',
      where: 'gateway.upstreams.groq.headers.authorization',
      message: 'the environment has no GROQ_KEY',
    }),
  )
})
