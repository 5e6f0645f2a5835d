// The page as `serve` serves it, over the bundled sample: its numbers are those that the command line prints.
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
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
  const config = join(folder, 'served.yaml')
  await writeFile(config, `gateway: { upstreams: { nowhere: { url: 'http://127.0.0.1:1' } } }`)
  const words = ['--data', folder, '--config', config, 'serve', '--port', String(port)]
  served = spawn(crossline, words, { stdio: 'ignore' })
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
  await page.waitForSelector('.crossover-chart', { timeout: 180_000 })
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

  // A row of the slices leads to the answer of its calls, by keyboard, across a reload, and on the command line too.
  await page.getByLabel('Dimension').selectOption('feature')
  const row = page.locator('.slices tr[data-slice="research-agent"]')
  await row.locator('a').focus({ timeout: 180_000 })
  // On a narrow screen the table scrolls, and keys must reach what does.
  await page.getByRole('region', { name: 'Slices, scrolls sideways' }).and(page.locator('[tabindex="0"]')).waitFor()
  await page.keyboard.press('Enter')
  const line = page.locator('.slice-line')
  await line.filter({ hasText: 'research-agent' }).waitFor({ timeout: 180_000 })
  const where = '{"feature":"research-agent","environment":"production"}'
  expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('where')).toBe(where)
  const usdOf = () =>
    page
      .locator('.ranked tr[data-option]')
      .evaluateAll(list =>
        list.map(e => [e.getAttribute('data-option'), Number(e.querySelector('[data-usd]')?.getAttribute('data-usd'))]),
      )
  await page.locator('.answer[aria-busy=false]').waitFor({ timeout: 180_000 })
  const shown = await usdOf()
  await page.reload()
  await line.waitFor({ timeout: 180_000 })
  expect(await line.innerText()).toMatch(/feature research-agent, environment production/)
  expect(await usdOf()).toEqual(shown)
  const command = await page.locator('.downloads code').innerText()
  expect(command).toBe('crossline crossover --where feature=research-agent --where environment=production')
  const words = [...command.split(' ').slice(1), '--data', folder, '--json']
  const slice = JSON.parse((await run(crossline, words, { maxBuffer: 1e8 })).stdout) as Answer
  const printed = new Map(slice.options.map(({ name, usd }) => [name, Number(usd)]))
  expect(shown).toEqual(shown.map(([name]) => [name, printed.get(String(name))]))
  expect(shown.length).toBeGreaterThan(2)
  expect(slice.requests).toBeLessThan(answer.requests / 10)
  await line.getByRole('link', { name: 'All calls' }).click()
  await line.waitFor({ state: 'detached', timeout: 180_000 })
  // Calls that name no workload are no slice that could be asked for.
  await page.getByLabel('Dimension').selectOption('workload')
  const nobody = page.locator('.slices tr', { hasText: '(not attributed)' })
  await nobody.waitFor({ timeout: 180_000 })
  expect(await nobody.locator('a').count()).toBe(0)
  expect(trouble).toEqual([])

  // What passes through the gateway without a reading is told by name, whatever becomes of it.
  expect((await fetch(`${address}/to/nowhere/v1/files/file-abc123`)).status).toBe(502)
  await page.reload()
  const passed = page.locator('.gateway-line details')
  await passed.locator('summary', { hasText: '1 passed unmetered' }).click({ timeout: 180_000 })
  expect(await passed.locator('li').innerText()).toBe('nowhere GET /v1/files/…: 1')

  // A server without budgets shows none.
  expect(await page.locator('.budgets').count()).toBe(0)
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
