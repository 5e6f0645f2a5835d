// The page in a real browser, as the file that `crossover --html` writes: numbers, address, keys, accessibility.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { defaultChoices } from '../../src/core/decide/choices.ts'
import { decide } from '../../src/core/decide/decide.ts'
import { costAt } from '../../src/core/decide/staircase.ts'
import { answerHtml } from '../../src/report/html.ts'
import { chromiumFlags, chromiumPath } from './chromium.ts'
import { pageEvidence } from './page-evidence.ts'

const evidence = pageEvidence({ sample: true, attribution: ['A trace </script> (CC BY 4.0)'] })
let browser: Browser
let folder: string
let address: string
/** Another file of the same evidence, written with choices other than the defaults. */
let chosenAddress: string

beforeAll(async () => {
  const built = await build({
    entryPoints: ['src/web/standalone.ts'],
    outdir: 'unused',
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    target: ['es2022'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.woff2': 'dataurl' },
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'warning',
  })
  const text = (end: string) => built.outputFiles.find(({ path }) => path.endsWith(end))?.text ?? ''
  folder = await mkdtemp(join(tmpdir(), 'crossline-page-'))
  const bundle = { js: text('.js'), css: text('.css') }
  const written = async (name: string, html: string) => {
    const file = join(folder, name)
    await writeFile(file, html)
    return pathToFileURL(file).href
  }
  address = await written('answer.html', answerHtml(evidence, defaultChoices, bundle))
  const turned = { ...defaultChoices, term: 'reserved_1y', operationsUsdPerMonth: 400, tokensPerMonth: 42e9 }
  const command = `crossline crossover --trace 'my "calls".csv' --term reserved_1y --operations-usd-per-month 400 --volume 42e9`
  chosenAddress = await written('chosen.html', answerHtml(evidence, turned, bundle, command))
  browser = await chromium.launch({ executablePath: chromiumPath, args: chromiumFlags })
})

afterAll(async () => {
  await browser?.close()
  if (folder) await rm(folder, { recursive: true, force: true })
})

/** Opens the page; anything that it asks of the network, or complains of, fails the test. */
async function opened<T>(
  run: (page: Page) => Promise<T>,
  options: { file?: string; hash?: string; colorScheme?: 'light' | 'dark'; width?: number } = {},
): Promise<T> {
  const { file = address, hash = '', colorScheme = 'light', width = 1280 } = options
  const page = await browser.newPage({ viewport: { width, height: 900 }, colorScheme, reducedMotion: 'reduce' })
  const trouble: string[] = []
  page.on('request', request => {
    if (!/^(file|data|blob):/.test(request.url())) trouble.push(`asked for ${request.url()}`)
  })
  page.on('pageerror', error => trouble.push(error.message))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') trouble.push(message.text())
  })
  await page.goto(file + hash)
  await page.waitForSelector('.crossover-chart')
  const result = await run(page)
  expect(trouble).toEqual([])
  await page.close()
  return result
}

const hereOf = (page: Page) => page.locator('.here').getAttribute('data-tokens-per-month').then(Number)

test('the number under the cursor is the one that core gives for that volume, to the last digit', async () => {
  await opened(async page => {
    const box = (await page.locator('.chart').boundingBox())!
    for (const share of [0.12, 0.37, 0.61]) {
      await page.mouse.move(box.x + box.width * share, box.y + 150)
      const ruler = page.locator('.ruler')
      const at = Number(await ruler.getAttribute('data-tokens-per-month'))
      const read = await ruler
        .locator('[data-usd]')
        .evaluateAll(list =>
          list.map(e => [e.getAttribute('data-option'), Number(e.getAttribute('data-usd')), e.textContent] as const),
        )
      const answer = decide(evidence, { ...defaultChoices, tokensPerMonth: at })
      expect(answer.youAreHere.tokensPerMonth).toBe(at)
      expect(read.length).toBeGreaterThan(4)
      for (const [name, usd, text] of read) {
        const option = answer.options.find(option => option.name === name)!
        expect(usd).toBe(option.usd)
        expect(usd).toBe(costAt(option.terms!, at))
        expect(Number(text!.replace(/^.*\$/, '').replace(/,/g, ''))).toBeCloseTo(usd, 2)
      }
    }
  })
})

test('every turned control goes into the address; the copied address gives the same picture; back undoes', async () => {
  const [url, table] = await opened(async page => {
    const before = await page.locator('.ranked').innerText()
    await page.selectOption('#term', 'reserved_1y')
    await page.fill('#operationsUsdPerMonth', '400')
    await page.locator('#operationsUsdPerMonth').press('Enter')
    await page.fill('#volume', '42 Gtok')
    await page.locator('#volume').press('Enter')
    await page.getByRole('button', { name: 'linear' }).click()
    const turned = await page.locator('.ranked').innerText()
    expect(turned).not.toBe(before)
    const copied = page.url()
    expect(copied).toContain('term=reserved_1y')
    for (let i = 0; i < 4; i++) await page.goBack()
    expect(await page.locator('.ranked').innerText()).toBe(before)
    await page.goForward()
    expect(await page.locator('#term').inputValue()).toBe('reserved_1y')
    return [copied, turned] as const
  })
  await opened(
    async page => {
      expect(await page.locator('.ranked').innerText()).toBe(table)
      expect(await hereOf(page)).toBe(42e9)
      expect(await page.getByRole('button', { name: 'linear' }).getAttribute('aria-pressed')).toBe('true')
    },
    { hash: new URL(url).hash },
  )
})

test('a file written with choices starts from them, can leave every one of them, and names its own command', async () => {
  const usdOf = (page: Page) =>
    page.locator('.ranked tr[data-option] td[data-usd]').evaluateAll(list => list.map(e => e.getAttribute('data-usd')))
  const [left, command] = await opened(
    async page => {
      expect(await page.locator('#term').inputValue()).toBe('reserved_1y')
      expect(await hereOf(page)).toBe(42e9)
      expect(await page.locator('.downloads code').innerText()).toBe(
        `crossline crossover --trace 'my "calls".csv' --term reserved_1y --operations-usd-per-month 400 --volume 42e9`,
      )
      await page.selectOption('#term', 'on_demand')
      expect(await page.locator('#term').inputValue()).toBe('on_demand')
      await page.fill('#operationsUsdPerMonth', String(defaultChoices.operationsUsdPerMonth))
      await page.locator('#operationsUsdPerMonth').press('Enter')
      await page.getByRole('button', { name: /^Back to/ }).click()
      const answer = decide(evidence, defaultChoices)
      expect(await hereOf(page)).toBe(answer.youAreHere.tokensPerMonth)
      expect(await usdOf(page)).toEqual(answer.options.map(({ usd }) => (usd === null ? '' : String(usd))))
      return [page.url(), await page.locator('.downloads code').innerText()] as const
    },
    { file: chosenAddress },
  )
  expect(command).toContain('--term on_demand')
  await opened(
    async page => {
      expect(await page.locator('#term').inputValue()).toBe('on_demand')
      expect(await hereOf(page)).toBe(decide(evidence, defaultChoices).youAreHere.tokensPerMonth)
    },
    { file: chosenAddress, hash: new URL(left).hash },
  )
})

test('an address that makes no sense is read as the defaults', async () => {
  await opened(
    async page => expect(await hereOf(page)).toBe(decide(evidence, defaultChoices).youAreHere.tokensPerMonth),
    {
      hash: '#tokensPerMonth=-5&spareReplicas=x&hoursPerMonth=1e9&y=cubic',
    },
  )
})

test('a choice that core refuses says what to do and leaves the controls', async () => {
  const page = await browser.newPage()
  await page.goto(`${address}#gpu=abacus`)
  expect(await page.getByRole('alert').innerText()).toMatch(/abacus/)
  await page.selectOption('#gpu', '')
  await page.waitForSelector('.crossover-chart')
  await page.close()
})

test('the volume moves by keyboard: a step, ten with Shift, Home to the measured one; ? lists the keys', async () => {
  await opened(async page => {
    const start = await hereOf(page)
    const chart = page.locator('.chart')
    await chart.focus()
    expect(await chart.evaluate(e => getComputedStyle(e).outlineStyle)).toBe('solid')
    await page.keyboard.press('ArrowRight')
    expect((await hereOf(page)) / start).toBeCloseTo(10 ** (1 / 40), 2)
    await page.keyboard.press('Shift+ArrowRight')
    expect((await hereOf(page)) / start).toBeCloseTo(10 ** (11 / 40), 2)
    expect(await chart.getAttribute('aria-valuenow')).toBe(String(await hereOf(page)))
    await page.keyboard.press('Home')
    expect(await hereOf(page)).toBe(start)
    await page.keyboard.press('?')
    await page.getByRole('dialog').waitFor({ state: 'visible' })
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    // Everything that can be worked is reached by Tab, and shows that it is.
    const reached = new Set<string>()
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab')
      reached.add(await page.evaluate(() => document.activeElement?.id || document.activeElement?.className || ''))
    }
    for (const id of ['api', 'gpu', 'term', 'operationsUsdPerMonth', 'volume']) expect([...reached]).toContain(id)
  })
})

test('“you are here” follows the drag and the answer with it', async () => {
  await opened(async page => {
    const box = (await page.locator('.chart').boundingBox())!
    const line = (await page.locator('.here path').first().boundingBox())!
    await page.mouse.move(line.x + line.width / 2, box.y + 200)
    await page.mouse.down()
    await page.mouse.move(line.x + 120, box.y + 200, { steps: 6 })
    const during = await page.locator('.ranked h2').innerText()
    await page.mouse.up()
    const at = await hereOf(page)
    expect(during).toBe(await page.locator('.ranked h2').innerText())
    const answer = decide(evidence, { ...defaultChoices, tokensPerMonth: at })
    const shown = await page
      .locator('.ranked tr[data-option] td[data-usd]')
      .evaluateAll(list => list.map(e => e.getAttribute('data-usd')))
    expect(shown).toEqual(answer.options.map(({ usd }) => (usd === null ? '' : String(usd))))
    expect(page.url()).toContain(`tokensPerMonth=${at}`)
  })
})

test('downloads carry what is shown', async () => {
  await opened(async page => {
    for (const [name, check] of [
      ['SVG', (bytes: Buffer) => expect(bytes.toString()).toMatch(/^<\?xml[^>]*\?>\n<svg [\s\S]*SAMPLE DATA/)],
      ['PNG', (bytes: Buffer) => expect(bytes.subarray(1, 4).toString()).toBe('PNG')],
      [
        'JSON',
        (bytes: Buffer) =>
          expect(JSON.parse(bytes.toString())).toEqual(JSON.parse(JSON.stringify(decide(evidence, defaultChoices)))),
      ],
      [
        'CSV',
        (bytes: Buffer) => expect(bytes.toString().split('\r\n')[0]).toContain('option,kind,group,tokensPerMonth,usd'),
      ],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      check(await readFile(await download.path()))
    }
  })
})

test.each(['light', 'dark'] as const)('axe finds nothing serious (WCAG 2.2 AA), %s', async colorScheme => {
  const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
  await opened(
    async page => {
      await page.locator('details.more summary').click()
      await page.evaluate(axe)
      const serious = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as {
          axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
        }
        const { violations } = await axe.run()
        return violations
          .filter(({ impact }) => impact === 'serious' || impact === 'critical')
          .map(
            ({ id, nodes }) =>
              `${id}: ${nodes
                .slice(0, 3)
                .map(({ html }) => html.slice(0, 160))
                .join(' | ')}`,
          )
      })
      expect(serious).toEqual([])
    },
    { colorScheme },
  )
})

test.each([1280, 1366, 1600])('at %i pixels the table of options shows all of its columns', async width => {
  await opened(
    async page => {
      const hidden = await page.locator('.scroll').evaluateAll(boxes => boxes.map(b => b.scrollWidth - b.clientWidth))
      expect(hidden.length).toBeGreaterThan(0)
      expect(Math.max(...hidden)).toBe(0)
    },
    { width },
  )
})

test('a narrow screen scrolls nothing sideways, and the switch turns the theme and is remembered', async () => {
  await opened(
    async page => {
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
      const paper = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor)
      const light = await paper()
      await page.getByRole('button', { name: 'Dark' }).click()
      expect(await paper()).not.toBe(light)
      await page.reload()
      expect(await paper()).not.toBe(light)
    },
    { width: 390 },
  )
})
