// Environments as people write them → which proxy an origin is reached through: as curl and Go's net/http read them.
import { expect, test } from 'vitest'
import { proxiesOf } from './proxies.ts'

const through = (environment: Record<string, string>, origin: string) => proxiesOf(environment)(origin)?.origin ?? null

test('each scheme has its variable, small letters first, and a proxy without a scheme speaks HTTP', () => {
  const both = { HTTPS_PROXY: 'http://secure:3128', HTTP_PROXY: 'plain:80' }
  expect(through(both, 'https://api.openai.com')).toBe('http://secure:3128')
  expect(through(both, 'http://gpu-1:8000')).toBe('http://plain')
  expect(through({ ...both, https_proxy: 'http://small:1' }, 'https://api.openai.com')).toBe('http://small:1')
  expect(through({ HTTP_PROXY: 'http://plain:80' }, 'https://api.openai.com')).toBeNull()
  expect(through({ HTTPS_PROXY: '', https_proxy: '' }, 'https://api.openai.com')).toBeNull()
})

test('ALL_PROXY is for whatever scheme has no variable of its own, as curl reads it', () => {
  expect(through({ ALL_PROXY: 'http://all:3128' }, 'https://api.openai.com')).toBe('http://all:3128')
  expect(through({ all_proxy: 'all:3128' }, 'http://gpu-1:8000')).toBe('http://all:3128')
  const both = { ALL_PROXY: 'socks5://all', HTTPS_PROXY: 'http://secure:3128' }
  expect(through(both, 'https://api.openai.com')).toBe('http://secure:3128')
  // The port of SOCKS where none is said (https://curl.se/docs/manpage.html, --proxy).
  expect(through(both, 'http://gpu-1:8000')).toBe('socks5://all:1080')
  expect(through({ ...both, NO_PROXY: 'gpu-1' }, 'http://gpu-1:8000')).toBeNull()
  // What nobody goes through may be anything.
  expect(through({ ...both, ALL_PROXY: 'socks4://all', HTTP_PROXY: 'http://plain:1' }, 'http://gpu-1')).toBe(
    'http://plain:1',
  )
})

test('who is spared: names and what is below them, ports, addresses, ranges, everything; and this machine always', () => {
  const spares = (list: string, origin: string) => through({ HTTP_PROXY: 'proxy:1', NO_PROXY: list }, origin) === null
  for (const [list, origin, isSpared] of [
    ['corp.example', 'http://corp.example', true],
    ['corp.example', 'http://gpu.CORP.example:8000', true],
    ['corp.example', 'http://notcorp.example', false],
    ['.corp.example', 'http://gpu.corp.example', true],
    ['*.corp.example', 'http://gpu.corp.example', true],
    ['other, gpu-1:8000', 'http://gpu-1:8000', true],
    ['other gpu-1:8000', 'http://gpu-1:8001', false],
    ['gpu-1:80', 'http://gpu-1', true],
    ['10.0.0.0/8,fd00::/8', 'http://10.200.3.4:8000', true],
    ['10.0.0.0/8,fd00::/8', 'http://11.0.0.1:8000', false],
    ['10.0.0.0/8,fd00::/8', 'http://[fd00::7]:8000', true],
    ['192.168.1.9', 'http://192.168.1.9', true],
    ['10.0.0.0/99', 'http://10.0.0.1', false],
    ['*', 'http://anything.example', true],
    ['', 'http://localhost:8000', true],
    ['', 'http://127.0.0.2:8000', true],
    ['', 'http://[::1]:8000', true],
  ] as const) {
    expect([list, origin, spares(list, origin)]).toEqual([list, origin, isSpared])
  }
})

test('its credentials are apart from what may be shown, and what cannot be read is told without them', () => {
  const proxy = proxiesOf({ HTTPS_PROXY: 'http://me:p%40ss%@proxy:3128/' })('https://api.openai.com')
  expect(proxy).toEqual({
    speaks: 'http',
    origin: 'http://proxy:3128',
    login: { user: 'me', password: 'p%40ss%' },
    variable: 'HTTPS_PROXY',
  })
  for (const wrong of ['socks4://me:secret@proxy:1080', 'http://me:secret@:bad:']) {
    expect(() => proxiesOf({ https_proxy: wrong })).toThrow(
      expect.objectContaining({ code: 'PROXY_UNREADABLE', message: expect.not.stringContaining('secret') }),
    )
  }
})
