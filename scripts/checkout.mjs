// A checkout as it lies → one that runs: dependencies as the lock file says, dist/ as the sources say. Plain Node, no dependencies.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = dirname(dirname(fileURLToPath(import.meta.url)))
export const dist = join(root, 'dist')
const stampFile = join(dist, 'stamp.json')

/** Installs and builds what is missing or stale; says so on stderr, and is silent otherwise. */
export async function prepare() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major < 20 || (major === 20 && minor < 19)) {
    process.stderr.write(
      `error: Crossline needs Node 20.19 or newer, this is ${process.versions.node}. Install a newer Node.\n`,
    )
    process.exit(3)
  }
  const stamp = readJson(stampFile)
  if (stamp !== null && stamp.lock === lockPrint() && stamp.print === sourcePrint()) return
  const release = await holdCheckout()
  try {
    ensureInstalled()
    // Another process may have built while this one waited; a fresh checkout changes times but not contents.
    const print = sourcePrint()
    const hash = sourceHash()
    if (readJson(stampFile)?.hash !== hash) {
      const started = performance.now()
      const { build } = await import('./build.mjs')
      try {
        await build({ root, dist, hash })
      } catch (thrown) {
        process.stderr.write(`error: the build failed (${root}). ${thrown.message.split('\n')[0]}\n`)
        release()
        process.exit(3)
      }
      process.stderr.write(`crossline: built in ${((performance.now() - started) / 1000).toFixed(1)} s\n`)
    }
    writeFileSync(stampFile, JSON.stringify({ hash, print, lock: lockPrint() }))
  } finally {
    release()
  }
}

/** Runs `npm ci` when node_modules lacks a package of the lock file or has it in another version. */
export function ensureInstalled() {
  if (isInstalled()) return
  process.stderr.write('crossline: installing dependencies (npm ci)…\n')
  const npm = process.env.npm_execpath
  const [command, args] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []]
  const ran = spawnSync(command, [...args, 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    // Under `npm start` npm hands its own settings down; NODE_ENV=production would leave the build tools out.
    env: { ...process.env, NODE_ENV: 'development', npm_config_omit: '' },
  })
  if (ran.status !== 0) {
    process.stderr.write(`error: npm ci failed (${root}). Check the network and the npm registry, then run again.\n`)
    process.exit(3)
  }
}

function isInstalled() {
  const wanted = readJson(join(root, 'package-lock.json'))?.packages
  const present = readJson(join(root, 'node_modules/.package-lock.json'))?.packages
  if (!wanted || !present) return false
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      present[path]?.version === entry.version ||
      (present[path] === undefined && entry.optional === true),
  )
}

function lockPrint() {
  return ['package-lock.json', 'node_modules/.package-lock.json'].map(file => printOf(join(root, file))).join(' ')
}

/** Sizes and times of every input of the build: what a quick look can compare (a few ms). */
function sourcePrint() {
  const digest = createHash('sha1')
  for (const file of sources()) digest.update(`${file} ${printOf(file)}\n`)
  return digest.digest('hex')
}

/** Contents of the same files: what really decides. */
function sourceHash() {
  const digest = createHash('sha256')
  for (const file of sources()) digest.update(`${relative(root, file)}\n`).update(readFileSync(file))
  return digest.digest('hex').slice(0, 32)
}

function sources() {
  const found = [join(root, 'scripts/build.mjs'), join(root, 'package-lock.json')]
  const walk = folder => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) walk(path)
      else if (/\.(ts|tsx|css|html|svg)$/.test(entry.name) && !/\.test\.tsx?$/.test(entry.name)) found.push(path)
    }
  }
  walk(join(root, 'src'))
  return found.sort()
}

function printOf(file) {
  const stat = statSync(file, { throwIfNoEntry: false })
  return stat === undefined ? 'none' : `${stat.size}:${stat.mtimeMs}`
}

function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return null
  }
}

/** One installer and builder at a time; the lock of a dead process is taken over. */
async function holdCheckout() {
  mkdirSync(dist, { recursive: true })
  const lock = join(dist, '.building')
  const since = performance.now()
  let told = false
  for (;;) {
    try {
      writeFileSync(openSync(lock, 'wx'), String(process.pid))
      return () => rmSync(lock, { force: true })
    } catch (thrown) {
      if (thrown.code !== 'EEXIST') throw thrown
    }
    if (holderIsGone(lock)) rmSync(lock, { force: true })
    else {
      if (!told && performance.now() - since > 1000) {
        process.stderr.write('crossline: waiting for another process that builds this checkout…\n')
        told = true
      }
      await new Promise(done => setTimeout(done, 100))
    }
  }
}

function holderIsGone(lock) {
  if (!existsSync(lock)) return false
  let pid = 0
  try {
    pid = Number(readFileSync(lock, 'utf8'))
    // Empty for the moment between its creation and its first write.
    if (pid === 0) return Date.now() - statSync(lock).mtimeMs > 5000
    process.kill(pid, 0)
    return false
  } catch (thrown) {
    return thrown.code === 'ESRCH'
  }
}

// `npm run build`
if (process.argv[1] === fileURLToPath(import.meta.url)) await prepare()
