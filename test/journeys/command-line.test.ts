// The command line as a person meets it: the launcher of the checkout, spawned, with its statuses, streams and hints.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'

const launcher = resolve(import.meta.dirname, '../../crossline')
const trace = resolve(import.meta.dirname, '../../data/traces/azure-llm-2023-code.csv.gz')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-journey-'))
  // The first run may build; later ones must not pay for that in their time limit.
  run('--version')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
// A test that fails half-way must not leave its server to the ones after it.
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL')
})

interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

/** In a folder without settings, so that nothing of this checkout leaks in. */
function run(...args: string[]): Ran {
  const { status, stdout, stderr } = spawnSync(launcher, args, { cwd: folder, encoding: 'utf8', timeout: 110_000 })
  return { status, stdout, stderr }
}

const started: ChildProcess[] = []

function start(...args: string[]): ChildProcess {
  const child = spawn(launcher, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  started.push(child)
  return child
}

/** Lines of a stream until one matches; fails when the process ends first. */
function until(child: ChildProcess, stream: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> {
  return new Promise((done, fail) => {
    let text = ''
    child[stream]!.on('data', (piece: Buffer) => {
      text += piece.toString()
      const found = pattern.exec(text)
      if (found) done(found)
    })
    child.once('exit', code => fail(new Error(`ended with ${code} before ${pattern}: ${text}`)))
  })
}

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise(done => child.once('exit', code => done(code)))

test('help names every command and every exit status, from any folder and through a link', () => {
  const link = join(folder, 'cl')
  symlinkSync(launcher, link)
  const { status, stdout, stderr } = spawnSync(link, ['--help'], { cwd: '/', encoding: 'utf8' })
  expect([status, stderr]).toEqual([0, ''])
  for (const command of ['serve', 'import', 'report', 'reprice', 'crossover']) expect(stdout).toContain(`  ${command} `)
  for (const code of ['0  done', '1  ', '2  ', '3  ']) expect(stdout).toContain(code)
})

test.each([
  [['crosover'], 'did you mean crossline crossover?'],
  [['report', '--zoen', 'UTC'], 'did you mean --zone?'],
  [['--jsno', 'report'], 'did you mean --json?'],
  [['import', 'undoo'], 'no such file'],
  [['crossover', '--volume', 'lots'], 'not a number'],
  [['import', 'nowhere.csv'], 'nowhere.csv'],
  [['crossover', '--inputs', 'nowhere.yaml'], 'nowhere.yaml'],
  [
    ['simulate', '--trace', trace, '--model', 'llama-3.1-70b', '--gpu', 'h100', '--sizing', 'peek'],
    'did you mean peak?',
  ],
  [['simulate', '--trace', 'nowhere.csv', '--model', 'llama-3.1-70b', '--gpu', 'h100'], 'nowhere.csv'],
])('%j is refused with status 2 and one line that helps', (args, help) => {
  const { status, stdout, stderr } = run(...args)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr.toLowerCase()).toContain(help)
})

test('under --json an error is a document on stdout, wherever --json stands', () => {
  const first = run('--json', 'report', '--zoen', 'UTC')
  const last = run('report', '--zone', 'Mars/Olympus', '--json')
  for (const { status, stdout } of [first, last]) {
    expect(status).toBe(2)
    const { error } = JSON.parse(stdout)
    expect(Object.keys(error)).toEqual(['code', 'message', 'where', 'fix'])
  }
  expect(JSON.parse(first.stdout).error).toMatchObject({ code: 'UNKNOWN_OPTION', fix: 'did you mean --zone?' })
  expect(JSON.parse(last.stdout).error).toMatchObject({ code: 'BAD_ZONE' })
})

test('settings are read, a slip in them names its line, and a named file must be there', () => {
  const file = join(folder, 'team.yaml')
  writeFileSync(file, 'seed: 7\nzone: Europe/Oslo\nsreve:\n  port: 1\n')
  expect(run('report', '--config', file).stderr).toContain(`${file}:3`)
  expect(run('report', '--config', file).stderr).toContain('Did you mean "serve"?')
  expect(run('report', '--config', join(folder, 'none.yaml')).status).toBe(2)
  writeFileSync(file, 'zone: Europe/Oslo\ndata: of-settings\n')
  const report = run('report', '--config', file, '--json')
  expect(JSON.parse(report.stdout).zone).toBe('Europe/Oslo')
  expect(existsSync(join(folder, 'of-settings/ledger.duckdb'))).toBe(true)
})

test('the closed form reads YAML and JSON, and says which line is wrong', () => {
  const file = join(folder, 'terms.yaml')
  const terms =
    'api:\n  - name: a\n    usdPerMtok: 3\nselfHost:\n  - name: b\n    usdPerGpuHour: 2\n    tokensPerSecond: 1000\n'
  writeFileSync(file, terms)
  const { status, stdout } = run('crossover', '--inputs', file, '--json')
  expect(status).toBe(0)
  // 2 USD × 730 h ÷ 3 USD per Mtok.
  expect(JSON.parse(stdout).crossings[0].mtokPerMonth).toBeCloseTo((2 * 730) / 3, 9)
  writeFileSync(file, terms.replace('usdPerGpuHour: 2', 'usdPerGpuHour: -2'))
  expect(run('crossover', '--inputs', file).stderr).toContain(`${file}:6`)
})

test('a file that is empty, binary or a folder is named in plain words, where terms or a plan are expected', () => {
  const empty = join(folder, 'empty.yaml')
  writeFileSync(empty, '# nothing yet\n')
  expect(run('crossover', '--inputs', empty).stderr).toContain(`the file is empty (${empty})`)
  expect(run('simulate', '--plan', empty)).toMatchObject({ status: 2, stdout: '' })
  expect(run('report', '--config', empty).status).toBe(0)
  const priced = run('price', '--prices', empty, '--model', 'gpt-5')
  expect(priced.stderr).toContain(`the file is empty (${empty})`)
  expect(run('crossover', '--inputs', folder).stderr).toContain('it is a folder, not a file')
  expect(run('crossover', '--inputs', trace).stderr).toContain('not text but binary')
  const lost = run(
    'crossover',
    '--trace',
    trace,
    '--as-model',
    'llama-3.1-8b',
    '--svg',
    join(folder, 'none', 'x.svg'),
  ).stderr
  expect(lost).toMatch(/cannot write .*x\.svg: no such file or folder/)
})

test('a trace goes in once, is reported exactly, and comes out again', () => {
  const data = join(folder, 'spine')
  const first = JSON.parse(run('import', trace, '--data', data, '--json').stdout)
  const again = JSON.parse(run('import', trace, '--data', data, '--json').stdout)
  expect([first.added, again.added, again.duplicates]).toEqual([first.rows, 0, first.rows])
  const { total } = JSON.parse(run('report', '--data', data, '--json').stdout)
  expect(total.calls).toBe(8819)
  // Column sums of the published file.
  expect(total.usage.input).toBe(first.tokens.input)
  expect(JSON.parse(run('import', 'undo', first.source, '--data', data, '--json').stdout).removed).toBe(8819)
  expect(JSON.parse(run('report', '--data', data, '--json').stdout).total.calls).toBe(0)
  expect(existsSync(join(data, 'lock.json'))).toBe(false)
})

test('a ledger that another command holds is waited for, then given up on with status 3', async () => {
  const data = join(folder, 'held')
  const { hostname } = await import('node:os')
  run('report', '--data', data)
  const stat = `/proc/${process.pid}/stat`
  const processStart = existsSync(stat) ? readFileSync(stat, 'utf8').split(') ')[1]!.split(' ')[19] : null
  const holder = { pid: process.pid, processStart, host: hostname(), command: 'import', url: null, startedAt: 'now' }
  writeFileSync(join(data, 'lock.json'), JSON.stringify(holder))
  const started = performance.now()
  const { status, stderr } = run('report', '--data', data)
  expect(status).toBe(3)
  expect(performance.now() - started).toBeGreaterThan(9_000)
  expect(stderr).toContain('waiting for the ledger')
  expect(stderr).toContain(`crossline import, pid ${process.pid}`)
})

test('while a server holds the ledger, commands go through it; its page is up, and it ends cleanly', async () => {
  const data = join(folder, 'served')
  const server = start('serve', '--port', '0', '--data', data)
  const url = (await until(server, 'stderr', /(http:\/\/127\.0\.0\.1:\d+)/))[1]!
  expect(JSON.parse(readFileSync(join(data, 'lock.json'), 'utf8'))).toMatchObject({ pid: server.pid, url })
  expect(await (await fetch(url)).text()).toContain('<title>Crossline')
  // An empty ledger begins with the sample, marked; the first import of one's own ends that.
  const before = JSON.parse(run('import', 'sources', '--data', data, '--json').stdout)
  expect(before.sources).toMatchObject([{ sample: true }])
  const imported = run('import', trace, '--data', data, '--json')
  expect(imported.status).toBe(0)
  expect(JSON.parse(imported.stdout)).toMatchObject({ added: 8819, sampleDropped: true })
  const report = await (await fetch(`${url}/api/report`)).json()
  expect(report).toEqual(JSON.parse(run('report', '--data', data, '--json').stdout))
  expect(report.total.calls).toBe(8819)
  const refused = run('report', '--by', 'modle', '--data', data)
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('Did you mean model?')])
  expect(run('serve', '--data', data).status).toBe(3)
  const asked = ['crossover', '--as-model', 'llama-3.1-8b', '--gpu', 'l40s-48gb', '--other-models', 'none', '--json']
  const throughServer = run(...asked, '--data', data)
  expect([throughServer.status, throughServer.stderr]).toEqual([0, ''])
  const exit = ended(server)
  server.kill('SIGTERM')
  expect(await exit).toBe(0)
  expect(existsSync(join(data, 'lock.json'))).toBe(false)
  expect(JSON.parse(run('report', '--data', data, '--json').stdout).total.calls).toBe(8819)
  // Simulated on the server's thread, and here from nothing: the same bytes.
  rmSync(join(data, 'cache'), { recursive: true })
  expect(run(...asked, '--data', data).stdout).toBe(throughServer.stdout)
  expect(JSON.parse(throughServer.stdout).tokens).toEqual({ input: 18059974, output: 245896, total: 18305870 })
})

test('a plan file sets what flags leave out, and a slip in it names its line', () => {
  rmSync(join(folder, '.crossline'), { recursive: true, force: true })
  const plan = join(folder, 'plan.yaml')
  writeFileSync(
    plan,
    'asModel: llama-3.1-8b\ngpus: [l40s-48gb]\notherModels: []\noperationsUsdPerMonth: 1000\nterm: spot\n',
  )
  const { status, stdout, stderr } = run('crossover', '--trace', trace, '--plan', plan, '--term', 'on_demand', '--json')
  expect([status, stderr]).toEqual([0, ''])
  const stated = JSON.parse(stdout).assumptions.filter((one: { source: string }) => one.source === 'stated by you')
  expect(stated.map((one: { name: string }) => one.name)).toContain('operationsUsdPerMonth')
  expect(JSON.parse(stdout).assumptions).toContainEqual(expect.objectContaining({ name: 'term', value: 'on_demand' }))
  writeFileSync(plan, 'asModel: llama-3.1-8b\ntrem: spot\n')
  const wrong = run('crossover', '--trace', trace, '--plan', plan)
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining(`${plan}:2). Did you mean "term"?`)])
  // A trace is asked about by itself: no ledger is opened for it.
  expect(existsSync(join(folder, '.crossline'))).toBe(false)
})

test('pictures are written where asked, each of its kind', () => {
  const at = (name: string) => join(folder, name)
  const asked = [
    'crossover',
    '--trace',
    trace,
    '--as-model',
    'llama-3.1-8b',
    '--gpu',
    'l40s-48gb',
    '--other-models',
    'none',
  ]
  expect(run(...asked, '--svg', at('a.svg'), '--png', at('a.png'), '--html', at('a.html')).status).toBe(0)
  expect(readFileSync(at('a.svg'), 'utf8')).toContain('<svg')
  expect(readFileSync(at('a.png')).subarray(1, 4).toString()).toBe('PNG')
  const html = readFileSync(at('a.html'), 'utf8')
  expect(html).toContain('id="evidence"')
  expect(html).not.toMatch(/(src|href)="(https?:)?\/\//)
  const refused = run(...asked, '--svg', '/nowhere/a.svg')
  expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining('--svg')])
})

test('a reader that stops early is no failure', () => {
  const { status, stderr } = spawnSync('sh', ['-c', `${launcher} crossover --help | head -1`], {
    cwd: folder,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
})

test('prompt caches are simulated through a server as without one: prefix blocks reach its other thread', async () => {
  const data = join(folder, 'prefixes')
  const mooncake = resolve(import.meta.dirname, '../../data/traces/mooncake-conversation.jsonl.gz')
  const claude = ['--model', 'claude-sonnet-4-5', '--provider', 'anthropic']
  expect(run('import', mooncake, ...claude, '--data', data).status).toBe(0)
  const ask = () => JSON.parse(run('crossover', '--json', '--data', data, '--other-models', 'none').stdout)
  const alone = ask()
  // What was remembered would be answered from, and nothing would cross.
  rmSync(join(data, 'cache'), { recursive: true })
  const server = start('serve', '--port', '0', '--data', data)
  await until(server, 'stderr', /(http:\/\/127\.0\.0\.1:\d+)/)
  expect(ask()).toEqual(alone)
  // 3.00 × what is neither read nor written, 0.30 × 38,155,361 read and 3.75 × 105,396,399 written, 15 an answer, over 496.21.
  const today = alone.options.find((option: { asMetered: boolean }) => option.asMetered)
  expect(today.optimised.usd / today.usd).toBeCloseTo(472.24001355 / 496.212189, 9)
  server.kill('SIGTERM')
  await ended(server)
}, 120_000)
