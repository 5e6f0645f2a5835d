// Documentation as it lies → the same with what the program prints today: blocks of the pages that begin with `$ `, and
// the README's picture. `--check` changes nothing and exits 1 when a page is stale.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { prepare, root } from './checkout.mjs'

const check = process.argv.includes('--check')
await prepare()

/** A folder that looks like a fresh checkout: the program and its documents, an empty ledger, nobody's settings. */
const bench = mkdtempSync(join(tmpdir(), 'crossline-docs-'))
for (const name of ['crossline', 'data', 'docs', 'scripts', 'test']) symlinkSync(join(root, name), join(bench, name))
const stale = []

try {
  rewrite('docs/walkthrough.md')
  rewrite('docs/sizing.md')
  rmSync(join(bench, '.crossline'), { recursive: true, force: true })
  rewrite('docs/ten-minutes.md')
  rmSync(join(bench, '.crossline'), { recursive: true, force: true })
  await withSample(() => {
    rewrite('docs/savings.md')
    run('./crossline crossover --svg picture.svg')
    update('docs/crossover.svg', () => readFileSync(join(bench, 'picture.svg'), 'utf8'))
    // Last, because its import makes the sample go.
    tour(readFileSync(join(root, 'README.md'), 'utf8'))
  })
} finally {
  rmSync(bench, { recursive: true, force: true })
}
if (stale.length > 0) {
  process.stderr.write(`${check ? 'stale' : 'rewritten'}: ${stale.join(', ')}\n`)
  if (check) process.exitCode = 1
}

/** A page with each block of commands run again, in order. */
function rewrite(path) {
  update(path, page => page.replace(/^```\n(\$ [\s\S]*?)^```$/gm, (_, block) => replayed(block)))
}

/** A block's commands run again, one after the other, each followed by what it printed. */
function replayed(block) {
  const commands = block.match(/^\$ (?:.*\\\n)*.*$/gm) ?? []
  return `\`\`\`\n${commands.map(command => `${command}\n${run(command.slice(2))}`).join('')}\`\`\``
}

/** Each line of the README's tour runs as printed; what it writes stays in the bench. */
function tour(readme) {
  const lines = readme.match(/## The tour\n[\s\S]*?```sh\n([\s\S]*?)```/)?.[1] ?? ''
  for (const line of lines.split('\n')) if (line.startsWith('./crossline')) run(line)
}

function run(command) {
  // A failure inside a pipe counts, a reader that has seen enough does not.
  const ran = spawnSync('bash', ['-c', command], {
    cwd: bench,
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '80', NO_COLOR: '1' },
    maxBuffer: 64e6,
  })
  if (ran.status !== 0) throw new Error(`"${command}" ended with ${ran.status}: ${ran.stderr}`)
  return ran.stdout
}

/** Runs `work` while a server holds the bench's ledger, which then has the bundled sample. */
async function withSample(work) {
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
        if (/^http:\/\/\S+\s*$/m.test(printed)) done()
      })
    })
    await work()
  } finally {
    const ended = new Promise(done => server.once('exit', done))
    server.kill('SIGTERM')
    await ended
  }
}

function update(file, change) {
  const path = join(root, file)
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const after = change(before)
  if (after === before) return
  stale.push(file)
  if (!check) writeFileSync(path, after)
}
