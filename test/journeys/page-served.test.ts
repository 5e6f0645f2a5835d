// The page as `serve` serves it, over the bundled sample: its numbers are those that the command line prints.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Answer } from '../../src/core/decide/answer.ts'
import { chromiumFlags, chromiumPath } from './chromium.ts'

const run = promisify(execFile)
const crossline = resolve('crossline')
let folder: string
let address: string
let served: ReturnType<typeof spawn>
let browser: Browser

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'crossline-served-'))
  const port = await freePort()
  address = `http://127.0.0.1:${port}`
  served = spawn(crossline, ['--data', folder, 'serve', '--port', String(port)], { stdio: 'ignore' })
  for (let i = 0; i < 300 && !(await isReady()); i++) await sleep(200)
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
})

afterAll(async () => {
  await browser?.close()
  const ended = new Promise(done => served?.once('exit', done))
  served?.kill('SIGTERM')
  await ended
  await rm(folder, { recursive: true, force: true })
})

test('the number under the cursor is what `crossover --volume` prints, and the sample goes in one click', async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const trouble: string[] = []
  page.on('pageerror', error => trouble.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
  })
  page.on('request', request => {
    if (!request.url().startsWith(address) && !/^(data|blob):/.test(request.url())) trouble.push(request.url())
  })
  await page.goto(address)
  await page.waitForSelector('.crossover-chart', { timeout: 60_000 })
  await page.locator('.chart').scrollIntoViewIfNeeded()
  const box = (await page.locator('.chart').boundingBox())!
  await page.mouse.move(box.x + box.width * 0.3, box.y + 200)
  const at = await page.locator('.ruler').getAttribute('data-tokens-per-month')
  const read = await page
    .locator('.ruler [data-usd]')
    .evaluateAll(list => list.map(e => [e.getAttribute('data-option'), Number(e.getAttribute('data-usd'))] as const))
  const { stdout } = await run(crossline, ['--data', folder, 'crossover', '--volume', at!, '--json'], {
    maxBuffer: 1e8,
  })
  const answer = JSON.parse(stdout) as Answer
  expect(String(answer.youAreHere.tokensPerMonth)).toBe(at)
  expect(read.length).toBeGreaterThan(2)
  for (const [name, usd] of read)
    expect([name, answer.options.find(option => option.name === name)?.usd]).toEqual([name, usd])
  expect(trouble).toEqual([])

  await page.getByRole('button', { name: 'Remove the sample' }).click()
  await page.getByRole('heading', { name: 'No calls in the ledger yet' }).waitFor()
  await page.close()
})

async function isReady(): Promise<boolean> {
  return await fetch(`${address}/readyz`).then(
    response => response.ok,
    () => false,
  )
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const bound = server.address()
  await new Promise(done => server.close(done))
  return typeof bound === 'object' && bound ? bound.port : 0
}
