import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { forwardingProxy } from '../../gateway/proxy-for-test.ts'
import { closeAll } from '../../gateway/world-for-test.ts'
import { isLock, takeLock } from '../../server/lock.ts'
import type { Settings } from '../settings.ts'
import { doctor } from './doctor.ts'
import { runForTest } from './frame-for-test.ts'

interface Report {
  readonly ok: boolean
  readonly findings: readonly { name: string; state: 'ok' | 'warn' | 'fail'; text: string; fix: string | null }[]
}

let data: string
const servers: Server[] = []
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'crossline-doctor-'))
})
afterEach(closeAll)
afterEach(() => {
  vi.unstubAllEnvs()
  for (const server of servers.splice(0)) server.close()
  rmSync(data, { recursive: true, force: true })
})

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function look(settings: Settings = {}, ...words: string[]) {
  const ran = await runForTest<Report>(doctor, ['doctor', ...words], { data }, { serve: { port: 0 }, ...settings })
  return { ...ran, of: (name: string) => ran.json.findings.filter(one => one.name === name) }
}

test('a folder without anything in it is well, and stays without anything in it', async () => {
  const { json, status, text, of } = await look()
  expect([json.ok, status]).toEqual([true, 0])
  expect(of('ledger')).toMatchObject([{ state: 'ok', text: 'none yet' }])
  expect(text.split('\n').every(line => line.startsWith('ok'))).toBe(true)
})

test('what is broken, open to others, taken or not set is told with what to do, each without hiding the others', async () => {
  writeFileSync(join(data, 'ledger.duckdb'), 'no database')
  writeFileSync(join(data, 'fingerprint.key'), 'k')
  chmodSync(join(data, 'fingerprint.key'), 0o644)
  const port = Number(new URL(await listening(() => {})).port)
  const headers = { authorization: `Bearer $\{NO_SUCH_KEY}` }
  const { json, status, text, of } = await look({
    serve: { port },
    gateway: { upstreams: { groq: { url: 'https://api.groq.com/openai', headers } } },
  })
  expect([json.ok, status]).toEqual([false, 1])
  expect(of('ledger')).toMatchObject([{ state: 'fail', text: expect.stringContaining('cannot be read') }])
  expect(of('data folder')[1]).toMatchObject({ state: 'warn', fix: expect.stringContaining('chmod 600') })
  expect(of('gateway')).toMatchObject([
    { state: 'fail', text: expect.stringContaining('NO_SUCH_KEY') },
    { state: 'warn', text: `port ${port} is in use by another program` },
  ])
  expect(of('prices')[0]!.state).not.toBe('fail')
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
})

test('a server that loses records and lags behind is found out, and so is one that does not answer', async () => {
  const status = {
    metered: 5,
    running: 0,
    unmetered: {},
    lostRecords: 3,
    lag: { bytes: 9, seconds: 60 },
    errors: ['records cannot be written: the disk is full'],
    gateways: 1,
  }
  const lock = await takeLock(data, { command: 'serve' })
  if (!isLock(lock)) throw new Error('held')
  lock.announce(await listening((_, response) => response.end(JSON.stringify(status))))
  const lossy = await look()
  expect(lossy.of('server').map(({ state, text }) => `${state} ${text}`)).toEqual([
    expect.stringMatching(/^ok http:.*; 5 calls metered$/),
    'fail records cannot be written: the disk is full',
    'fail 3 records of calls were lost',
    'warn the ledger is 60 s behind the spool',
  ])
  lock.announce('http://127.0.0.1:9')
  expect((await look()).of('server')).toMatchObject([
    { state: 'fail', text: expect.stringContaining('does not answer') },
  ])
  lock.release()
})

test('an upstream is asked only when that is wished', async () => {
  const url = await listening((_, response) => response.writeHead(404).end())
  const gateway = { upstreams: { openai: { url }, anthropic: { url }, gemini: { url: 'http://127.0.0.1:9' } } }
  expect((await look({ gateway })).of('upstreams')).toEqual([])
  const asked = (await look({ gateway }, '--online')).of('upstreams')
  expect(asked.map(({ state }) => state)).toEqual(['ok', 'ok', 'fail'])
  expect(asked[2]!.text).toContain('ECONNREFUSED')
})

test('which proxy leads to whom is told without its password, and an upstream is asked through it', async () => {
  const url = await listening((_, response) => response.end())
  const proxy = await forwardingProxy(Number(new URL(url).port))
  const gateway = { upstreams: { vllm: { url: 'http://gpu.example:8000' }, near: { url } } }
  const utilization = [{ name: 'gpu-1', url: 'http://gpu.example:8000/metrics' }]
  expect((await look({ gateway, utilization })).of('proxy')).toEqual([])
  vi.stubEnv('http_proxy', `http://me:secret@127.0.0.1:${proxy.port}`)
  vi.stubEnv('HTTPS_PROXY', 'http://me:secret@proxy.example:3128')
  vi.stubEnv('NO_PROXY', 'api.anthropic.com')
  const { of, text } = await look({ gateway, utilization })
  expect(of('proxy').map(finding => finding.text)).toEqual([
    'openai, gemini through http://proxy.example:3128 (HTTPS_PROXY), as this environment says',
    `vllm, gpu-1 through http://127.0.0.1:${proxy.port} (http_proxy), as this environment says`,
  ])
  expect(text).not.toContain('secret')
  vi.stubEnv('HTTPS_PROXY', '')
  vi.stubEnv('NO_PROXY', 'api.openai.com')
  const builtIn = { openai: { url }, anthropic: { url }, gemini: { url } }
  const { of: asked } = await look({ gateway: { upstreams: { ...builtIn, ...gateway.upstreams } } }, '--online')
  expect(asked('upstreams').every(({ state }) => state === 'ok')).toBe(true)
  expect(proxy.asked.map(({ target }) => target)).toEqual(['http://gpu.example:8000/'])
  vi.stubEnv('HTTPS_PROXY', 'socks4://me:secret@proxy.example')
  const { of: wrong, status } = await look({ gateway })
  expect(status).toBe(1)
  expect(wrong('proxy')).toMatchObject([{ state: 'fail', text: 'HTTPS_PROXY names a proxy that speaks socks4' }])
})
