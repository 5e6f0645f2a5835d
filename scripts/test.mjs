// `npm test`: installs what the tests need, checks format, lint and types, runs every test; the last line counts them.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ensureInstalled, prepare, root } from './checkout.mjs'

const browserNames = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

ensureInstalled()
const browser = findBrowser() ?? installBrowser()
const asked = process.argv.slice(2)
const torture = asked.includes('--torture')
const vitestArguments = asked.filter(word => word !== '--torture')

const failures = []
// Part of the tests asked for (`npm test -- src/ledger`) goes without the checks of the whole.
if (vitestArguments.length === 0) {
  step('format and lint', 'biome', ['ci', '.'])
  step('types and walls', 'tsc', ['-b'])
}
await prepare()
const env = { ...process.env, CHROMIUM: browser, ...(torture ? { CROSSLINE_TORTURE: '1' } : {}) }
if (failures.length > 0) env.CROSSLINE_FAILED_CHECKS = failures.join(', ')
const ran = run('vitest', ['run', ...vitestArguments], env)
process.exitCode = ran === 0 && failures.length === 0 ? 0 : 1

function step(name, command, args) {
  process.stdout.write(`\n── ${name}\n`)
  if (run(command, args, process.env) !== 0) failures.push(name)
}

/** Exit status of a tool of node_modules, its output passed through. */
function run(tool, args, env) {
  const bin = join(root, 'node_modules/.bin', tool)
  const { status, error } = spawnSync(bin, args, { cwd: root, stdio: ['ignore', 'inherit', 'inherit'], env })
  if (error !== undefined) process.stderr.write(`error: ${tool} did not start (${error.message}).\n`)
  return status ?? 1
}

function findBrowser() {
  const asked = process.env.CHROMIUM
  if (asked !== undefined && existsSync(asked)) return asked
  const folders = [...(process.env.PATH ?? '').split(':'), '/snap/bin']
  for (const name of browserNames) {
    for (const folder of folders) if (folder !== '' && existsSync(join(folder, name))) return join(folder, name)
  }
  const mac = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'
  return existsSync(mac) ? mac : null
}

/** Debian's Chromium through apt, when root; else one line that says what to do, and the end of the run. */
function installBrowser() {
  const help = 'the browser tests need Chromium. Install it (Debian: apt-get install chromium) or set CHROMIUM'
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) giveUp(`${help}, then run npm test again`)
  process.stdout.write('Chromium is missing: installing it with apt-get (about a minute)…\n')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'chromium'],
  ]) {
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'ignore', 'inherit'], env })
    if (status !== 0) giveUp(`apt-get ${args[0]} failed: ${help}, then run npm test again`)
  }
  return findBrowser() ?? giveUp(`apt-get installed no chromium: ${help}`)
}

function giveUp(message) {
  process.stderr.write(`error: ${message}.\n`)
  process.stdout.write('\n0 passed, 1 failed\n')
  process.exit(1)
}
