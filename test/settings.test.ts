// The settings that ship, as an example and as a schema for editors, are those that are read.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { readSettings } from '../src/cli/settings.ts'
import { settingsSchema } from '../src/cli/settings-shape.ts'
import { gatewayDefaults } from '../src/gateway/gateway.ts'
import { upstreamsOf } from '../src/gateway/upstreams.ts'
import { budgetDefaults } from '../src/server/budget-settings.ts'

const root = resolve(import.meta.dirname, '..')
const example = resolve(root, 'crossline.example.yaml')

test('the example is read as it stands, and its upstreams are where it says', async () => {
  const { gateway } = await readSettings(example, true)
  const upstreams = upstreamsOf(gateway!.upstreams)
  const names = ['openai', 'anthropic', 'gemini', 'together', 'groq', 'openrouter', 'azure', 'vllm']
  expect([...upstreams.keys()]).toEqual(names)
  expect(upstreams.get('groq')).toMatchObject({
    origin: 'https://api.groq.com',
    basePath: '/openai',
    provider: 'groq',
    injectUsage: true,
  })
})

test('the defaults that the example states are the defaults', async () => {
  const { gateway } = await readSettings(example, true)
  const { unknownPrice, assumedOutputTokens, ...ofEach } = budgetDefaults
  const kept = { unknownPrice, assumedOutputTokens, keys: 'optional', fsync: 'interval' }
  expect(gateway).toMatchObject({ ...gatewayDefaults, ...kept, budgets: [{}, ofEach] })
})

test('the JSON Schema that ships for editors is that of the reader', () => {
  const path = resolve(root, 'crossline.schema.json')
  const text = `${JSON.stringify(settingsSchema(), null, 2)}\n`
  if (process.env.UPDATE_SCHEMA) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8'), 'run with UPDATE_SCHEMA=1').toBe(text)
})

test.each([
  ['gateway:\n  upstreams:\n    own: { ulr: "http://localhost:8000" }\n', 3, 'did you mean "url"?'],
  ['gateway:\n  routes:\n    qwen*: onw\n', 3, 'no upstream is called "onw"'],
  ['gateway:\n  upstreams:\n    own: { url: "http://localhost:8000", headers: { "a b": x } }\n', 3, 'name of a header'],
  ['gateway:\n  budgets:\n    - { name: a, usd: "10 EUR", per: day }\n', 3, 'usd'],
  ['gateway:\n  budgets:\n    - { name: a, usd: 10, per: day, zone: Mars/Base }\n', 3, 'IANA zone'],
  [
    'gateway:\n  budgets:\n    - { name: a, usd: 10, per: day, match: { upstream: onw } }\n',
    3,
    'no upstream is called "onw"',
  ],
  ['gateway:\n  fsync: sometimes\n', 2, '"gateway.fsync"'],
])('a slip in the gateway’s settings names its line: %j', async (text, line, says) => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-settings-'))
  try {
    const path = join(folder, 'crossline.yaml')
    writeFileSync(path, text)
    const refused = await readSettings(path, true).catch(
      (thrown: unknown) => thrown as Error & { where: string; fix: string },
    )
    expect(refused).toMatchObject({ where: `${path}:${line}` })
    expect(`${(refused as Error).message}; ${(refused as { fix: string }).fix}`).toContain(says)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
