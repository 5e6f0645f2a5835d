// src/ → dist/: the command line and server as one ESM bundle with lazy chunks, workers, and the page for the browser.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { build as esbuild } from 'esbuild'

const jsx = { jsx: 'automatic', jsxImportSource: 'preact' }

/** Writes dist/. Each file is renamed into place and entries come last, so a running process never sees half a build. */
export async function build({ root, dist, hash }) {
  const define = { 'process.env.CROSSLINE_BUILD': JSON.stringify(hash), 'process.env.NODE_ENV': '"production"' }
  const [node, ...browser] = await Promise.all([nodeBundle(root, dist, define), ...browserBundles(root, dist, define)])
  const files = [...node, ...browser.flat()]
  const webFolder = join(root, 'src/web')
  for (const name of existsSync(webFolder) ? readdirSync(webFolder) : []) {
    if (/\.(html|svg)$/.test(name)) {
      files.push({ path: join(dist, 'web', name), contents: readFileSync(join(webFolder, name)) })
    }
  }
  for (const file of files.sort((a, b) => isEntry(dist, a.path) - isEntry(dist, b.path))) place(file)
  prune(dist, new Set(files.map(file => file.path)))
}

async function nodeBundle(root, dist, define) {
  const entryPoints = { cli: join(root, 'src/cli/main.ts') }
  // A worker thread or a process is a file of its own: src/<room>/<name>.worker.ts → dist/<name>.worker.js.
  for (const room of readdirSync(join(root, 'src'), { withFileTypes: true })) {
    if (!room.isDirectory() || room.name === 'web') continue
    for (const name of readdirSync(join(root, 'src', room.name))) {
      if (/\.(worker|process)\.ts$/.test(name)) entryPoints[basename(name, '.ts')] = join(root, 'src', room.name, name)
    }
  }
  const built = await esbuild({
    entryPoints,
    outdir: dist,
    bundle: true,
    splitting: true,
    write: false,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    // Native code stays where npm put it.
    external: ['@duckdb/*', '@napi-rs/*'],
    chunkNames: 'chunk-[hash]',
    sourcemap: 'linked',
    sourcesContent: false,
    define,
    logLevel: 'warning',
    // CommonJS dependencies inside an ESM bundle ask for `require`.
    banner: {
      js: "import { createRequire as crosslineRequire } from 'node:module'; const require = crosslineRequire(import.meta.url);",
    },
    ...jsx,
  })
  return built.outputFiles
}

/** The page, and the script that a self-contained HTML export carries: IIFEs without any address in them. */
function browserBundles(root, dist, define) {
  return ['main', 'standalone']
    .map(name => ['.tsx', '.ts'].map(end => join(root, 'src/web', name + end)).find(existsSync))
    .filter(Boolean)
    .map(async entry => {
      const name = basename(entry).startsWith('main') ? 'app' : 'standalone'
      const built = await esbuild({
        entryPoints: { [name]: entry },
        outdir: join(dist, 'web'),
        bundle: true,
        minify: true,
        write: false,
        format: 'iife',
        platform: 'browser',
        target: ['es2022'],
        // The page fetches its fonts from where it came from; a file that travels alone carries them.
        loader: { '.woff2': name === 'app' ? 'file' : 'dataurl' },
        assetNames: '[name]-[hash]',
        define,
        logLevel: 'warning',
        ...jsx,
      })
      return built.outputFiles
    })
}

function isEntry(dist, path) {
  return Number(dirname(path) === dist && !basename(path).startsWith('chunk-'))
}

function place({ path, contents }) {
  mkdirSync(dirname(path), { recursive: true })
  const beside = `${path}.${process.pid}.new`
  writeFileSync(beside, contents)
  renameSync(beside, path)
}

/** Old chunks go once no process that started on them is likely to still load one. */
function prune(dist, current) {
  for (const name of readdirSync(dist)) {
    const path = join(dist, name)
    const isOld = Date.now() - statSync(path).mtimeMs > 24 * 3600_000
    if (/\.(js|map|new)$/.test(name) && !current.has(path) && isOld) rmSync(path)
  }
}
