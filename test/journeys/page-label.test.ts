// The page on which people label answers: blind, by keys, in a drawn order; its labels correct the ranking of the run.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import type { JudgedAnswer } from '../../src/cli/tasks/judged-by.ts'
import type { KeptAnswer, KeptLabel } from '../../src/tasks/kept-answers.ts'
import { type Served, serveIn } from '../traffic/server.ts'
import { crossline } from '../traffic/small-models.ts'
import { startTaskProvider, type TaskProvider } from '../traffic/task-provider.ts'
import { chromiumFlags, chromiumPath } from './chromium.ts'

let folder: string
let server: Served
let browser: Browser
let provider: TaskProvider
let run: string
const url = () => `http://127.0.0.1:${server.port}`
const lines = <T>(name: string): T[] =>
  readFileSync(join(folder, '.crossline/tasks', run, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as T)

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-page-label-'))
  provider = await startTaskProvider()
  writeFileSync(join(folder, 'crossline.yaml'), `gateway:\n  upstreams: { openai: { url: '${provider.url}' } }\n`)
  writeFileSync(
    join(folder, 'tasks.yaml'),
    `graders: [{ kind: normalised }]
options:
  strong-model: { upstream: openai, model: gpt-5-mini }
  weak-model: { upstream: openai, model: gpt-5-weak }
tasks:
${[1, 2, 3, 4, 5, 6].map(i => `  - { id: s${i}, prompt: '${i} + ${i * 7} easy', expected: '${i * 8}' }\n`).join('')}`,
  )
  const ran = await crossline(folder, ['tasks', 'run', 'tasks.yaml', '--keep-answers', '--json'])
  run = (JSON.parse(ran) as { run: string }).run
  server = await serveIn(folder)
  await vi.waitFor(async () => expect((await fetch(`${url()}/readyz`)).status).toBe(200), { timeout: 60_000 })
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
}, 120_000)

afterAll(async () => {
  await browser?.close()
  await server?.kill()
  provider?.stop()
  rmSync(folder, { recursive: true, force: true })
})

const shown = (page: Page) => page.locator('.case').getAttribute('data-answer')
const progress = (page: Page, text: string) =>
  page.locator('.verdict p', { hasText: text }).waitFor({ timeout: 20_000 })

test('answers are labelled by keys, blind, in a drawn order; the last word is taken back, and the ranking is corrected', async () => {
  const answers = lines<KeptAnswer>('answers.jsonl')
  expect(answers).toHaveLength(12)
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } })
  const problems: string[] = []
  page.on('pageerror', error => problems.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
  })
  const wire: string[] = []
  page.on('response', async response => {
    if (response.url().includes('/api/label')) wire.push(await response.text().catch(() => ''))
  })
  await page.goto(`${url()}/label`)
  await page.locator('h1', { hasText: 'Who labels?' }).waitFor({ timeout: 60_000 })
  expect(await page.locator('.case').count()).toBe(0)
  await page.locator('#rater').fill('ana')
  await page.keyboard.press('Enter')
  await page.locator('.case').waitFor()
  await progress(page, '0 of 12 answers labelled by ana')

  await page.evaluate(axe.source)
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [390, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 })
    await page.emulateMedia({ colorScheme })
    // Colours turn over within a moment.
    await page.evaluate(() => Promise.all(document.getAnimations().map(({ finished }) => finished)))
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
    const { violations } = await page.evaluate(() =>
      (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ['violations'] }),
    )
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([])
    if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/label-${width}.png` })
  }

  // A skipped answer comes again at the end; a word taken back is asked for again at once.
  const skipped = await shown(page)
  await page.keyboard.press('s')
  const first = await shown(page)
  expect(first).not.toBe(skipped)
  await page.keyboard.press('n')
  await progress(page, '1 of 12')
  await page.keyboard.press('u')
  await progress(page, '0 of 12')
  expect(await shown(page)).toBe(first)
  const order: string[] = []
  for (let i = 1; i <= 12; i++) {
    order.push((await shown(page))!)
    const [expected, said] = await page
      .locator('.part pre')
      .allInnerTexts()
      .then(texts => texts.slice(1))
    await page.keyboard.press(said!.trim() === expected!.trim() ? 'y' : 'n')
    await progress(page, `${i} of 12`)
  }
  await page.locator('h1', { hasText: 'All are labelled.' }).waitFor()
  expect(order.at(-1)).toBe(skipped)
  expect(new Set(order).size).toBe(12)

  await vi.waitFor(() => expect(lines<KeptLabel>('labels.jsonl')).toHaveLength(14))
  const labels = lines<KeptLabel>('labels.jsonl')
  expect(labels.slice(0, 2).map(({ passed }) => passed)).toEqual([false, null])
  expect(labels.every(({ rater, at }) => rater === 'ana' && Date.parse(at) > 0)).toBe(true)
  // Nothing that came to the page names an option.
  expect(wire.join('\n')).not.toMatch(/strong-model|weak-model|gpt-5/)
  expect(labels.slice(2).map(({ option }) => option)).not.toEqual(
    [...labels.slice(2)].map(({ option }) => option).sort(),
  )

  const attempts = join('.crossline/tasks', run, 'attempts.jsonl')
  const { judged } = JSON.parse(await crossline(folder, ['tasks', 'rank', attempts, '--labels', run, '--json'])) as {
    judged: JudgedAnswer
  }
  // The graders were right on all: people say the same.
  for (const { labelled, tries, raw, corrected } of judged.options) {
    expect([labelled, tries]).toEqual([6, 6])
    expect(corrected!.value).toBeCloseTo(raw!.value, 9)
  }
  expect(problems).toEqual([])

  // Another rater begins anew, and their agreement is told.
  await page.locator('#rater').fill('ben')
  await page.keyboard.press('Enter')
  await progress(page, '0 of 12 answers labelled by ben')
  for (let i = 1; i <= 3; i++) {
    await page.keyboard.press('y')
    await progress(page, `${i} of 12`)
  }
  await vi.waitFor(() => expect(lines<KeptLabel>('labels.jsonl')).toHaveLength(17))
  await page.reload()
  await progress(page, '3 of 12 answers labelled by ben')
  await page.locator('.agreements', { hasText: /ana and ben agree on \d of 3/ }).waitFor()
  // The dashboard leads here.
  await page.goto(url())
  await page.locator('a', { hasText: 'label them' }).click()
  await progress(page, '3 of 12 answers labelled by ben')
  await page.close()
}, 120_000)
