import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Fault } from '../../core/fault/fault.ts'
import { suiteSchema } from '../../tasks/suite/suite-shape.ts'
import { filled } from '../../tasks/suite/template.ts'
import { readOptions, readSuite } from './suite-file.ts'

const root = resolve(import.meta.dirname, '../../..')
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-suite-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const suite = (text: string) => readSuite(file('tasks.yaml', text))
const refused = (text: string): Fault => {
  try {
    suite(text)
  } catch (thrown) {
    return thrown as Fault
  }
  throw new Error('it was taken')
}

test('the JSON Schema that ships for editors is that of the reader', () => {
  const path = join(root, 'tasks.schema.json')
  const text = `${JSON.stringify(suiteSchema(), null, 2)}\n`
  if (process.env.UPDATE_SCHEMA) writeFileSync(path, text)
  expect(readFileSync(path, 'utf8'), 'run with UPDATE_SCHEMA=1').toBe(text)
})

test('the example is read as it stands: a task of each row of its dataset, and those written out', () => {
  const read = readSuite(join(root, 'tasks.example.yaml'))
  expect(read).toMatchObject({ name: 'support', bars: [0.7, 0.9] })
  expect(Object.keys(read.options)).toEqual(['frontier', 'mini', 'own', 'cheap-first', 'three-votes'])
  expect(read.tasks).toHaveLength(13)
  const first = read.tasks.find(({ id }) => id === 't01')!
  expect(first).toMatchObject({ expected: 'refund', tags: ['easy'], cluster: 'acme', weight: 1, workload: 'support' })
  expect(first.work).toMatchObject({
    prompt: {
      messages: [{ role: 'system' }, { role: 'user', content: 'I want my money back, the jacket does not fit.' }],
      maxOutputTokens: 200,
    },
  })
  expect(first.limits).toEqual({ seconds: 120, calls: 20, usd: 0.5 })
})

test('a field taken whole keeps its type; conversations, tools and weights may come from rows', () => {
  file(
    'rows.jsonl',
    `${JSON.stringify({ said: [{ role: 'user', content: 'hi' }], want: { a: [1] }, n: 3 })}\n\n${JSON.stringify({ said: [{ role: 'user', content: 'ho' }], want: 7 })}\n`,
  )
  const { tasks } = suite(
    "dataset: rows.jsonl\ntemplate: { messages: '{{said}}', expected: '{{ want }}', weight: '{{n?}}' }\ngraders: [{ kind: exact }]\n",
  )
  expect(tasks.map(({ id, expected, weight }) => [id, expected, weight])).toEqual([
    ['1', { a: [1] }, 3],
    ['2', 7, 1],
  ])
})

test('a row is text, never a template: what it says in braces stays as it is', () => {
  const never = (field: string): never => {
    throw new Error(field)
  }
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const text = `{{b}} ${a}`
      expect(filled('<{{x}}|{{y}}>', { x: text, y: b }, never)).toBe(`<${text}|${b}>`)
    }),
  )
  expect(filled('{"a": {{x}}, "b": {}}', { x: [1] }, never)).toBe('{"a": [1], "b": {}}')
  expect(() => filled('{{toString}}', {}, never)).toThrow('toString')
})

test('lines of tasks are a suite, and options may stand in a file of their own', () => {
  const lines = file('t.jsonl', '{"id":"a","prompt":"1+1?","expected":"2","graders":[{"kind":"exact"}]}\n')
  expect(readSuite(lines)).toMatchObject({ name: 't', tasks: [{ id: 'a', expected: '2' }], options: {} })
  const bare = file('options.yaml', 'a: { upstream: openai, model: m }\n')
  const nested = file('nested.yaml', 'options:\n  a: { upstream: openai, model: m }\n')
  expect(readOptions(bare)).toEqual(readOptions(nested))
})

const exact = 'graders: [{ kind: exact, expected: x }]\n'
test.each([
  ['task: []\n', 1, /unknown name "task".*"tasks"/],
  [`${exact}tasks:\n  - { prompt: a, expected: b }\n  - { prompt: c, expcted: d }\n`, 4, /did you mean "expected"/],
  [`${exact}tasks:\n  - id: a\n    prompt: b\n    messages: [{ role: user, content: c }]\n`, 3, /prompt and messages/],
  [`${exact}tasks:\n  - id: a\n`, 3, /asks for nothing/],
  ['tasks:\n  - { id: a, prompt: b }\n', 2, /when an answer is right/],
  ['graders: [{ kind: exact }]\ntasks:\n  - { id: a, prompt: b }\n', 3, /exact: nothing says what is expected/],
  ['graders:\n  - { kind: exct }\ntasks: [{ prompt: b }]\n', 2, /did you mean exact/],
  [`${exact}tasks:\n  - { id: a, prompt: b }\n  - { id: a, prompt: c }\n`, 4, /two tasks are called "a".*:3/],
  [`${exact}dataset: d.csv\n`, 2, /go together/],
  [`${exact}bar: 70\ntasks: [{ prompt: a }]\n`, 2, /bar/],
  [`${exact}tasks: [{ prompt: a }]\noptions:\n  a: { model: m }\n`, 4, /one of upstream, url, cascade, bestOf/],
  [`${exact}tasks: [{ prompt: a }]\noptions:\n  a: { upstream: openai }\n`, 4, /model/],
  [`${exact}tasks: [{ prompt: a }]\noptions:\n  a:\n    cascade: [b, c]\n`, 4, /needs one/],
  [`${exact}tasks: [{ prompt: a }]\noptions:\n  'a b': { upstream: openai, model: m }\n`, 4, /without blanks/],
])('a slip names its line and what was expected: %j', (text, line, says) => {
  const fault = refused(text)
  expect(fault.where).toBe(`${join(folder, 'tasks.yaml')}:${line}`)
  expect(`${fault.message} ${fault.fix}`).toMatch(says)
})

test('a row that lacks what the template asks for, or makes no task, names its own line', () => {
  const csv = file('d.csv', 'q,w\n"two\nlines",1\nplain,heavy\n')
  const of = (template: string) => refused(`${exact}dataset: d.csv\ntemplate: ${template}\n`)
  expect(of("{ prompt: '{{question}}' }")).toMatchObject({ where: `${csv}:3`, code: 'DATASET_INVALID' })
  const heavy = of("{ prompt: '{{q}}', weight: '{{w}}' }")
  expect(heavy).toMatchObject({ where: `${csv}:4` })
  expect(heavy.message).toContain('weight')
  file('d.jsonl', '{"a":1}\n{"a":\n')
  expect(refused(`${exact}dataset: d.jsonl\ntemplate: { prompt: '{{a}}' }\n`).where).toBe(
    `${join(folder, 'd.jsonl')}:2`,
  )
})
