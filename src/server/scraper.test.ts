// A server that answers with what a real exporter wrote, is away for a while and comes back: what the ledger then has of it.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, expect, test } from 'vitest'
import { proxiesOf } from '../gateway/proxies.ts'
import { forwardingProxy } from '../gateway/proxy-for-test.ts'
import { closeAll } from '../gateway/world-for-test.ts'
import { utilization } from './operations.ts'
import { startScraper } from './scraper.ts'
import { openWorkplace } from './workplace.ts'

const pieces = gunzipSync(readFileSync('test/fixtures/metrics/vllm-series.prom.gz'))
  .toString()
  .split(/^# 2026.*\n/m)
  .slice(1)
const workplace = openWorkplace({ dataDir: tmpdir(), inMemory: true })
afterAll(() => workplace.close())
afterEach(closeAll)

test('each answer is a moment of the ledger, a server that is away is said once, and stopping ends the asking', async () => {
  let asked = 0
  let status = 200
  const server = createServer((_, response) => {
    response.writeHead(status)
    response.end(status === 200 ? pieces[Math.min(asked, 5)] : 'away')
    asked++
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`
  const heard: string[] = []
  const scraper = startScraper(workplace, [{ name: 'gpu-1', url, everySeconds: 0.02 }], text => heard.push(text))
  const until = async (isSo: () => boolean) => {
    for (let i = 0; i < 500 && !isSo(); i++) await new Promise(done => setTimeout(done, 20))
    expect(isSo()).toBe(true)
  }
  await until(() => asked >= 4)
  status = 503
  await until(() => heard.length === 1)
  const before = asked
  await until(() => asked >= before + 3)
  status = 200
  await until(() => heard.length === 2)
  await scraper.stop()
  const last = asked
  await new Promise(done => setTimeout(done, 100))
  expect(asked).toBe(last)
  expect(heard).toEqual([`gpu-1 tells no metrics at ${url}: it answers 503`, 'gpu-1 tells its metrics again'])

  const { servers } = await utilization.run(
    workplace,
    { servers: { 'gpu-1': { gpus: 2, usdPerGpuHour: 2.5 }, 'gpu-2': { gpus: 8 } } },
    { file: null, progress: () => {}, note: () => {} },
  )
  expect(servers).toHaveLength(1)
  expect(servers[0]).toMatchObject({ server: 'gpu-1', gpus: 2, restarts: 0 })
  // From the first answer to the sixth, as the counters of the exporter say.
  const promptOf = (text: string) =>
    [...text.matchAll(/^vllm:prompt_tokens_total\{.*\} (\S+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0)
  expect(servers[0]!.tokens.prompt).toBe(promptOf(pieces[5]!) - promptOf(pieces[0]!))
  expect(servers[0]!.usdPerMtok).toBeGreaterThan(0)
  await new Promise<void>(done => server.close(() => done()))
})

test('nobody there, and a page that is no metrics, are told as they are', async () => {
  const page = createServer((_, response) => response.end('<html></html>'))
  await new Promise<void>(done => page.listen(0, '127.0.0.1', done))
  const { port } = page.address() as AddressInfo
  const heard: string[] = []
  const servers = [
    { name: 'gone', url: 'http://127.0.0.1:1/metrics' },
    { name: 'page', url: `http://127.0.0.1:${port}/` },
  ]
  const scraper = startScraper(workplace, servers, (text, level) => heard.push(`${level} ${text}`))
  for (let i = 0; i < 500 && heard.length < 2; i++) await new Promise(done => setTimeout(done, 20))
  await scraper.stop()
  expect(heard.sort()).toEqual([
    expect.stringMatching(/^warn gone tells no metrics at .*: .*(ECONNREFUSED|refused|bad port)/),
    expect.stringMatching(/^warn page tells no metrics at .*: no metric of vLLM/),
  ])
  await new Promise<void>(done => page.close(() => done()))
})

test('a server behind a proxy is asked through it, also where its answer is at another address', async () => {
  const server = createServer(({ url }, response) => {
    if (url === '/metrics') return response.writeHead(307, { location: '/metrics/' }).end()
    return response.end(pieces[0])
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const proxy = await forwardingProxy((server.address() as AddressInfo).port)
  const proxyOf = proxiesOf({ HTTP_PROXY: `http://me:secret@127.0.0.1:${proxy.port}` })
  const heard: string[] = []
  const gpu = { name: 'far', url: 'http://gpu.example:8000/metrics', everySeconds: 60 }
  const scraper = startScraper(workplace, [gpu], text => heard.push(text), proxyOf)
  for (let i = 0; i < 500 && proxy.asked.length + heard.length < 2; i++) await new Promise(done => setTimeout(done, 20))
  await scraper.stop()
  expect(heard).toEqual([])
  expect(proxy.asked.map(({ target }) => target)).toEqual([gpu.url, `${gpu.url}/`])
  await new Promise<void>(done => server.close(() => done()))
})
