// A path of the page → the built file that answers it, from dist/web and nowhere else.
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Fault } from '../core/fault/fault.ts'

export interface PageFile {
  readonly contents: Uint8Array
  readonly type: string
  readonly etag: string
}

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
}

let files: ReadonlyMap<string, PageFile> | null = null

/** The file for a path, or null. What is served is listed once at the start, so no path can lead elsewhere. */
export function pageFile(path: string): PageFile | null {
  files ??= readAll(webFolder())
  return files.get(path === '/' ? '/index.html' : path === '/label' ? '/label.html' : path) ?? null
}

/** dist/web, seen from the bundle in dist/ or from a source file. */
export function webFolder(): string | null {
  for (let folder = dirname(fileURLToPath(import.meta.url)); dirname(folder) !== folder; folder = dirname(folder)) {
    for (const web of [join(folder, 'web'), join(folder, 'dist/web')]) {
      if (existsSync(join(web, 'index.html')) && existsSync(join(web, 'app.js'))) return web
    }
  }
  return null
}

function readAll(folder: string | null): ReadonlyMap<string, PageFile> {
  const found = new Map<string, PageFile>()
  for (const name of folder === null ? [] : readdirSync(folder)) {
    const type = types[extname(name)]
    if (folder === null || type === undefined) continue
    const contents = readFileSync(join(folder, name))
    const etag = `"${createHash('sha256').update(contents).digest('base64url').slice(0, 22)}"`
    found.set(`/${name}`, { contents, type, etag })
  }
  return found
}

/** Script and style of the page as a file that travels alone carries them. @throws Fault PAGE_MISSING */
export function standaloneBundle(): { readonly js: string; readonly css: string } {
  const folder = webFolder()
  if (folder === null) {
    throw new Fault('PAGE_MISSING', 'the built page is missing', { fix: 'run npm run build', kind: 'outside' })
  }
  const text = (name: string) => readFileSync(join(folder, name), 'utf8')
  return { js: text('standalone.js'), css: text('standalone.css') }
}
