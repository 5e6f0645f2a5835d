// The walls between rooms and the purity of core hold: violations planted in a copy of the tree are each refused.
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const bin = (name: string) => join(root, 'node_modules/.bin', name)

/** Each violation stands in a file of its own; the tree around it is the real one's skeleton. */
const planted: Record<string, { file: string; code: string; by: 'tsc' | 'biome' }> = {
  'meter importing serving': {
    file: 'core/meter/planted-wall.ts',
    code: "import { serving } from '../serving/room.ts'\nexport const a = serving\n",
    by: 'tsc',
  },
  'core importing catalog': {
    file: 'core/decide/planted-wall.ts',
    code: "import { catalog } from '../../catalog/room.ts'\nexport const a = catalog\n",
    by: 'tsc',
  },
  'catalog importing the ledger': {
    file: 'catalog/planted-wall.ts',
    code: "import { ledger } from '../ledger/room.ts'\nexport const a = ledger\n",
    by: 'tsc',
  },
  'web importing the server': {
    file: 'web/planted-wall.ts',
    code: "import { server } from '../server/room.ts'\nexport const a = server\n",
    by: 'tsc',
  },
  'wire importing the catalog': {
    file: 'wire/planted-wall.ts',
    code: "import { catalog } from '../catalog/room.ts'\nexport const a = catalog\n",
    by: 'tsc',
  },
  'core importing wire': {
    file: 'core/meter/planted-wire.ts',
    code: "import { wire } from '../../wire/room.ts'\nexport const a = wire\n",
    by: 'tsc',
  },
  'wire importing the gateway': {
    file: 'wire/planted-gateway.ts',
    code: "import { gateway } from '../gateway/room.ts'\nexport const a = gateway\n",
    by: 'tsc',
  },
  'the gateway importing the ledger': {
    file: 'gateway/planted-ledger.ts',
    code: "import { ledger } from '../ledger/room.ts'\nexport const a = ledger\n",
    by: 'tsc',
  },
  'the gateway importing the spool': {
    file: 'gateway/planted-spool.ts',
    code: "import { spool } from '../spool/room.ts'\nexport const a = spool\n",
    by: 'tsc',
  },
  'the gateway importing the server': {
    file: 'gateway/planted-server.ts',
    code: "import { server } from '../server/room.ts'\nexport const a = server\n",
    by: 'tsc',
  },
  'the server importing its processes': {
    file: 'server/planted-processes.ts',
    code: "import { processes } from '../processes/room.ts'\nexport const a = processes\n",
    by: 'tsc',
  },
  'the spool importing the ledger': {
    file: 'spool/planted-ledger.ts',
    code: "import { ledger } from '../ledger/room.ts'\nexport const a = ledger\n",
    by: 'tsc',
  },
  'the spool importing wire': {
    file: 'spool/planted-wire.ts',
    code: "import { wire } from '../wire/room.ts'\nexport const a = wire\n",
    by: 'tsc',
  },
  'the ledger importing the spool': {
    file: 'ledger/planted-spool.ts',
    code: "import { spool } from '../spool/room.ts'\nexport const a = spool\n",
    by: 'tsc',
  },
  'node: in wire, to the compiler': {
    file: 'wire/planted-node.ts',
    code: "import { Buffer } from 'node:buffer'\nexport const a = Buffer.from('x')\n",
    by: 'tsc',
  },
  'node: in core, to the compiler': {
    file: 'core/serving/planted-node.ts',
    code: "import { readFileSync } from 'node:fs'\nexport const a = readFileSync('x')\n",
    by: 'tsc',
  },
  'performance in core, to the compiler': {
    file: 'core/serving/planted-clock.ts',
    code: 'export const a: number = performance.now()\n',
    by: 'tsc',
  },
  'crypto in core, to the compiler': {
    file: 'core/serving/planted-crypto.ts',
    code: 'export const a: string = crypto.randomUUID()\n',
    by: 'tsc',
  },
  'node: in core': {
    file: 'core/meter/planted-node.ts',
    code: "import { readFileSync } from 'node:fs'\n\nexport const a = readFileSync('x')\n",
    by: 'biome',
  },
  'Date in core': { file: 'core/meter/planted-date.ts', code: 'export const a = Date.now()\n', by: 'biome' },
  'new Date in charts': { file: 'charts/planted-date.ts', code: 'export const a = new Date()\n', by: 'biome' },
  'node: in wire': { file: 'wire/planted-stream.ts', code: "import 'node:stream'\n", by: 'biome' },
  'Date in wire': { file: 'wire/planted-date.ts', code: 'export const a = Date.now()\n', by: 'biome' },
  'Math.random in wire': { file: 'wire/planted-dice.ts', code: 'export const a = Math.random()\n', by: 'biome' },
  'Math.random in core': { file: 'core/meter/planted-dice.ts', code: 'export const a = Math.random()\n', by: 'biome' },
  'Math.random in charts': { file: 'charts/planted-dice.ts', code: 'export const a = Math.random()\n', by: 'biome' },
  "Math['random'] in core": {
    file: 'core/meter/planted-quoted.ts',
    code: "export const a = Math['random']()\n",
    by: 'biome',
  },
  'Math.exp in core': { file: 'core/statistics/planted-exp.ts', code: 'export const a = Math.exp(1)\n', by: 'biome' },
  'performance in core': {
    file: 'core/meter/planted-clock.ts',
    code: 'export const a = performance.now()\n',
    by: 'biome',
  },
  'crypto in core': {
    file: 'core/meter/planted-crypto.ts',
    code: 'export const a = crypto.randomUUID()\n',
    by: 'biome',
  },
  'globalThis in core': {
    file: 'core/meter/planted-global.ts',
    code: 'export const a = globalThis.Date\n',
    by: 'biome',
  },
  'node: in web': { file: 'web/planted-node.ts', code: "import 'node:fs'\n", by: 'biome' },
  'a circle of files': {
    file: 'core/meter/planted-circle.ts',
    code: "import { b } from './planted-circle-back.ts'\n\nexport const a = () => b\n",
    by: 'biome',
  },
}

let copy: string
let compiler: string
let linter: string

beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'crossline-walls-'))
  // Only the walls are copied, not the rooms' contents: what stands in them now does not matter here.
  for (const file of ['biome.json', 'package.json', 'tsconfig.base.json', 'tsconfig.json'])
    cpSync(join(root, file), join(copy, file))
  cpSync(join(root, 'scripts/lint'), join(copy, 'scripts/lint'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))
  for (const room of rooms()) {
    mkdirSync(join(copy, room), { recursive: true })
    cpSync(join(root, room, 'tsconfig.json'), join(copy, room, 'tsconfig.json'))
    writeFileSync(join(copy, room, 'room.ts'), `export const ${room.split('/').at(-1)} = 1\n`)
  }
  writeFileSync(
    join(copy, 'src/core/meter/planted-circle-back.ts'),
    "import { a } from './planted-circle.ts'\n\nexport const b = () => a\n",
  )
  for (const { file, code } of Object.values(planted)) writeFileSync(join(copy, 'src', file), code)
  const run = (tool: string, args: string[]) => {
    const ran = spawnSync(bin(tool), args, { cwd: copy, encoding: 'utf8' })
    return ran.stdout + ran.stderr
  }
  const targets = rooms().filter(room => !room.startsWith('test'))
  compiler = run('tsc', ['-b', ...targets, '--pretty', 'false'])
  linter = run('biome', ['lint', '--colors=off', '--max-diagnostics=none', 'src'])
})

afterAll(() => rmSync(copy, { recursive: true, force: true }))

/** Folders of the tree that are rooms of their own. */
function rooms(): string[] {
  const references = JSON.parse(readFileSync(join(root, 'tsconfig.json'), 'utf8')).references as { path: string }[]
  return references.map(reference => reference.path.replace('./', '')).filter(path => path.startsWith('src/'))
}

test.each(Object.entries(planted))('%s is refused', (_, { file, by }) => {
  const output = by === 'tsc' ? compiler : linter
  // Refused for the planted reason, not for some slip in the planted file.
  const reasons =
    by === 'tsc' ? 'TS(6307|2591|2304):' : '(noRestrictedGlobals|noNodejsModules|noImportCycles|useLiteralKeys|plugin) '
  expect(output).toMatch(new RegExp(`src/${file}[(:]\\d+.*${reasons}`))
})

test('what breaks no wall is not refused', () => {
  for (const room of rooms()) {
    expect(compiler).not.toContain(`${room}/room.ts(`)
    expect(linter).not.toContain(`${room}/room.ts:`)
  }
})

test('no room reaches itself through its references', () => {
  const referencesOf = (room: string): string[] =>
    (JSON.parse(readFileSync(join(root, room, 'tsconfig.json'), 'utf8')).references as { path: string }[]).map(
      ({ path }) => join(room, path),
    )
  const visit = (room: string, way: readonly string[]): void => {
    expect(way, `${[...way, room].join(' → ')}`).not.toContain(room)
    for (const next of referencesOf(room)) visit(next, [...way, room])
  }
  for (const room of rooms()) visit(room, [])
})

test('each folder of sources belongs to a room with walls', () => {
  const folders = readdirSync(join(root, 'src'), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => dirname(join(entry.parentPath, entry.name)).slice(root.length + 1))
  const known = rooms()
  for (const folder of new Set(folders)) {
    expect(
      known.some(room => folder === room || folder.startsWith(`${room}/`)),
      folder,
    ).toBe(true)
  }
})
