// Documentation as it lies → the same with what the program prints today: blocks of the pages that begin with `$ ` (those
// marked `console` are left as they are), and the README's picture. `--check` changes nothing and exits 1 when a page is
// stale; with names of pages only those are run: `npm run docs -- docs/gateway.md`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { prepare, root } from './checkout.mjs'
import { startProvider } from './docs-provider.mjs'

/**
 * What is run together, each from an empty ledger. `serves`: while a server holds it, which has the bundled sample until
 * calls come, and whose gateway has a provider that answers as the real one did. `calls`: without a server, commands call that
 * provider themselves.
 */
const sittings = [
  { pages: ['docs/walkthrough.md', 'docs/sizing.md', 'docs/fleets.md'] },
  { pages: ['docs/ten-minutes.md', 'docs/simulate.md'] },
  { pages: ['docs/calibrate.md'] },
  { pages: ['docs/reconcile.md'] },
  { pages: ['docs/savings.md'], serves: true },
  { pages: ['README.md'], serves: true, before: drawPicture },
  { pages: ['docs/gateway.md'], serves: true },
  { pages: ['docs/records.md'], serves: true },
  { pages: ['docs/tasks.md'], calls: true },
]

const words = process.argv.slice(2)
const check = words.includes('--check')
const named = words.filter(word => !word.startsWith('--'))
await prepare()

/** A folder that looks like a fresh checkout: the program and its documents, an empty ledger, nobody's settings. */
const bench = mkdtempSync(join(tmpdir(), 'crossline-docs-'))
for (const name of ['crossline', 'data', 'docs', 'scripts', 'simulate.example.yaml', 'test'])
  symlinkSync(join(root, name), join(bench, name))
const stale = []
/** Where the server of the pages is. */
const stated = '127.0.0.1:4141'
let address = stated

try {
  for (const { pages, serves = false, calls = false, before = async () => {} } of sittings) {
    const wanted = named.length === 0 ? pages : pages.filter(page => named.includes(page))
    if (wanted.length === 0) continue
    rmSync(join(bench, '.crossline'), { recursive: true, force: true })
    const sit = async () => {
      await before()
      for (const page of wanted) await rewrite(page)
    }
    await (serves ? whileServed(sit) : calls ? withProvider(sit) : sit())
  }
} finally {
  rmSync(bench, { recursive: true, force: true })
}
if (stale.length > 0) {
  process.stderr.write(`${check ? 'stale' : 'rewritten'}: ${stale.join(', ')}\n`)
  if (check) process.exitCode = 1
}

async function drawPicture() {
  await run('./crossline crossover --svg picture.svg')
  update('docs/crossover.svg', readFileSync(join(bench, 'picture.svg'), 'utf8'))
}

/** A page with each block of commands run again, in order, and each line of its lists of commands. */
async function rewrite(path) {
  const page = readFileSync(join(root, path), 'utf8')
  let written = ''
  let at = 0
  for (const { 0: block, 1: language, index } of page.matchAll(/^```(\w*)\n[\s\S]*?^```$/gm)) {
    written += page.slice(at, index)
    at = index + block.length
    if (language === 'sh') for (const line of block.split('\n')) if (line.startsWith('./crossline')) await run(line)
    written += language === '' && block.startsWith('```\n$ ') ? await replayed(block) : block
  }
  update(path, written + page.slice(at))
}

/** A block's commands run again, one after the other, each followed by what it printed. */
async function replayed(block) {
  const commands = block.match(/^\$ (?:.*\\\n)*.*$/gm) ?? []
  const shown = []
  for (const command of commands) {
    shown.push(`${command}\n`)
    const printed = await run(command.slice(2))
    shown.push(printed, printed === '' || printed.endsWith('\n') ? '' : '\n')
    // The ledger has a call a moment after its client has the answer.
    if (command.includes('curl')) await new Promise(done => setTimeout(done, 1000))
  }
  return `\`\`\`\n${shown.join('')}\`\`\``
}

/** Runs beside this process, which may be the provider that it calls. */
async function run(command) {
  // A failure inside a pipe counts, a reader that has seen enough does not.
  const child = spawn('bash', ['-c', command.replaceAll(stated, address)], {
    cwd: bench,
    env: { ...process.env, COLUMNS: '80', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = once(child, 'close')
  const [printed, said] = await Promise.all([text(child.stdout), text(child.stderr)])
  const [status] = await ended
  // Status 1 of Crossline is an answer: no.
  const isAnswer = status === 0 || (status === 1 && command.startsWith('./crossline'))
  if (!isAnswer) throw new Error(`"${command}" ended with ${status}: ${said}`)
  return printed.replaceAll(address, stated)
}

/** Runs `work` while the settings name a provider on this machine as OpenAI. */
async function withProvider(work) {
  const provider = await startProvider()
  const settings = join(bench, 'crossline.yaml')
  writeFileSync(settings, `gateway: { upstreams: { openai: { url: '${provider.url}' } } }\n`)
  try {
    await work()
  } finally {
    provider.stop()
    rmSync(settings)
  }
}

/** Runs `work` while a server holds the bench's ledger; its fingerprints are the same each time. */
async function whileServed(work) {
  const provider = await startProvider()
  const settings = join(bench, 'crossline.yaml')
  writeFileSync(settings, `gateway: { workers: 1, upstreams: { openai: { url: '${provider.url}' } } }\n`)
  await run(
    'mkdir -p .crossline && head -c 32 /dev/zero > .crossline/fingerprint.key && chmod 600 .crossline/fingerprint.key',
  )
  const server = spawn(process.execPath, [join(root, 'crossline'), 'serve', '--port', '0'], {
    cwd: bench,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    let printed = ''
    await new Promise((done, fail) => {
      server.once('exit', status => fail(new Error(`serve ended with ${status}: ${printed}`)))
      server.stdout.on('data', piece => {
        printed += piece
        const url = /^http:\/\/(\S+)\s*$/m.exec(printed)?.[1]
        if (url === undefined) return
        address = url
        done()
      })
    })
    await work()
  } finally {
    address = stated
    const ended = new Promise(done => server.once('exit', done))
    server.kill('SIGTERM')
    await ended
    provider.stop()
    rmSync(settings)
  }
}

function update(file, after) {
  const path = join(root, file)
  if (existsSync(path) && readFileSync(path, 'utf8') === after) return
  stale.push(file)
  if (!check) writeFileSync(path, after)
}
