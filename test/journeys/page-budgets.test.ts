// The page of a server with budgets: what it shows of each is what the server says, at any width, and follows what is spent.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { BudgetRow } from '../../src/server/budgets-answer.ts'
import { type Served, serveIn } from '../traffic/server.ts'
import { chromiumFlags, chromiumPath } from './chromium.ts'

let folder: string
let server: Served
let browser: Browser
/** gpt-5-mini by its published prices: 0.25 USD per million tokens of prompt, 2 of answer. */
const usage = { prompt_tokens: 40_000, completion_tokens: 45_000, total_tokens: 85_000 }
const provider = createServer((asked, response) => {
  if (asked.headers['x-hangs']) return
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ id: `c${Math.random()}`, model: 'gpt-5-mini-2025-08-07', choices: [], usage }))
})
const url = () => `http://127.0.0.1:${server.port}`

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-page-budgets-'))
  await new Promise<void>(done => provider.listen(0, '127.0.0.1', done))
  const upstream = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`
  writeFileSync(
    join(folder, 'crossline.yaml'),
    `gateway:
  upstreams: { openai: { url: '${upstream}' } }
  budgets:
    - { name: everything, usd: '1250.00', per: month, zone: Europe/Berlin }
    - { name: support, usd: '0.12', per: week, zone: America/New_York, match: { workload: support, team: care } }
    - { name: search, usd: '0.12', per: week, zone: UTC, match: { workload: search } }
    - { name: soft, usd: '0.05', per: month, zone: UTC, match: { workload: search }, overrun: warn }
`,
  )
  server = await serveIn(folder)
  await vi.waitFor(async () => expect((await fetch(`${url()}/readyz`)).status).toBe(200), { timeout: 60_000 })
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.kill()
  provider.closeAllConnections()
  provider.close()
  rmSync(folder, { recursive: true, force: true })
})

async function ask(workload: string, mostTokens: number): Promise<number> {
  const { status } = await fetch(`${url()}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-crossline-workload': workload, 'x-crossline-team': 'care' },
    body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: mostTokens, messages: [] }),
  })
  return status
}

const shown = (page: Page) =>
  page.locator('.budgets li').evaluateAll(list =>
    list.map(row => {
      const bar = (part: string) => Number.parseFloat(row.querySelector(`.${part}`)!.getAttribute('width')!)
      const text = (row as HTMLElement).innerText.replace(/\s+/g, ' ')
      return { name: row.getAttribute('data-budget'), state: row.getAttribute('data-state'), spent: bar('spent'), text }
    }),
  )

test('each budget stands with what is spent, held and left of it, in its own zone; it follows what is spent', async () => {
  expect(await ask('support', 50)).toBe(200)
  for (let i = 0; i < 2; i++) expect(await ask('search', 50)).toBe(200)
  // It could cost more than is left.
  expect(await ask('search', 1_000_000)).toBe(429)
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const trouble: string[] = []
  page.on('pageerror', error => trouble.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
  })
  await page.goto(url())
  await page.locator('.budgets').waitFor({ timeout: 60_000 })
  const { budgets } = (await (await fetch(`${url()}/api/budgets`)).json()) as { budgets: BudgetRow[] }
  const rows = await shown(page)
  expect(rows.map(({ name, state }) => [name, state])).toEqual(budgets.map(({ name, state }) => [name, state]))
  expect(rows.map(({ state }) => state)).toEqual(['ok', 'warned', 'exceeded', 'exceeded'])
  const [everything, support, search, soft] = rows.map(({ text }) => text)
  expect(everything).toMatch(
    /^everything all calls .*\$0\.30 spent of \$1,250\.00 a month until 1 \w+, 00:00 \(Europe\/Berlin\)/,
  )
  expect(support).toMatch(
    /workload support, team care .*\$0\.10 spent of \$0\.12 a week until .* 00:00 \(America\/New_York\)/,
  )
  expect(support).toContain('nearly spent: 83 %')
  expect(search).toContain('1 call refused')
  expect(soft).toContain('used up')
  expect(rows[1]!.spent).toBeCloseTo(100 * (0.1 / 0.12), 1)

  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run('.budgets', { resultTypes: ['violations'] }),
  )
  expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
  for (const width of [1280, 900, 390]) {
    await page.setViewportSize({ width, height: 900 })
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    if (process.env.SCREENSHOTS) {
      if (width === 900) await page.emulateMedia({ colorScheme: 'dark' })
      await page.locator('.budgets').screenshot({ path: `${process.env.SCREENSHOTS}/budgets-${width}.png` })
    }
  }

  // What a call under way can cost is held until it ends.
  const ending = new AbortController()
  const hanging = fetch(`${url()}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'x-hangs': 'yes' },
    body: JSON.stringify({ model: 'gpt-5-mini', max_tokens: 500_000, messages: [] }),
    signal: ending.signal,
  }).catch(() => {})
  await page
    .locator('[data-budget=everything]', { hasText: '$0.30 spent + $1.00 held of' })
    .waitFor({ timeout: 30_000 })
  ending.abort()
  await hanging
  expect(await ask('other', 50)).toBe(200)
  await page.locator('[data-budget=everything]', { hasText: '$0.40 spent' }).waitFor({ timeout: 30_000 })
  expect(trouble).toEqual([])
  await page.close()
}, 120_000)
