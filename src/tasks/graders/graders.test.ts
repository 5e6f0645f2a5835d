// Each grader against something that others published or counted.
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { GraderSpec, Json } from '../task.ts'
import { answerOf, gradeText, toolsFor } from './answer-for-test.ts'
import { squadF1 } from './f1.ts'
import { gradeAnswer, gradeOnce, misfitOf } from './grade-answer.ts'
import { graderShape, graders } from './graders.ts'
import { linearRegex } from './linear-regex.ts'
import { normalText } from './normalised.ts'

const fixture = (name: string): readonly Record<string, unknown>[] =>
  readFileSync(resolve(import.meta.dirname, '../../../test/fixtures/graders', name), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)

const pass = async (spec: GraderSpec, text: string, expected: Json | null = null) =>
  (await gradeText(spec, text, expected)).pass

test('the F1 of words is that of SQuAD’s evaluation script', () => {
  const pairs = fixture('squad-f1.jsonl') as unknown as { said: string; right: string; f1: number }[]
  expect(pairs.length).toBeGreaterThan(100)
  for (const { said, right, f1 } of pairs) expect(squadF1(said, right), `${said} | ${right}`).toBeCloseTo(f1, 12)
})

/** Where the validator (Ajv 8) is known to differ from the suite: rare keywords, odd forms of formats. */
const knownToDiffer = /unevaluated|recursiveRef|optional\/format|__proto__|draft7\/ref/

test('JSON Schema: what the published test suite calls valid is valid, and nothing else is; what cannot be told is no pass', async () => {
  type Group = { from: string; about: string; schema: Json; tests: [string, Json, boolean][] }
  const wrong: string[] = []
  let [tried, untold] = [0, 0]
  for (const { from, about, schema, tests } of fixture('json-schema-test-suite.jsonl') as unknown as Group[]) {
    const [draft] = from.split('/')
    const uri = draft!.includes('20')
      ? `https://json-schema.org/draft/${draft!.slice(5)}/schema`
      : `http://json-schema.org/draft-0${draft!.slice(5)}/schema#`
    const stated = typeof schema === 'object' && schema !== null ? { $schema: uri, ...schema } : schema
    const spec = { kind: 'json-schema', schema: stated, extract: 'none' }
    for (const [says, data, valid] of tests) {
      tried++
      const isValid = await pass(spec, JSON.stringify(data))
      if (isValid === null) untold++
      else if (isValid !== valid && !knownToDiffer.test(from + says)) wrong.push(`${from}: ${about}: ${says}`)
    }
  }
  expect(wrong).toEqual([])
  expect(tried).toBeGreaterThan(1600)
  expect(untold / tried).toBeLessThan(0.03)
})

test('a pattern that takes a backtracking engine for ever is answered at once, and says the same as one', async () => {
  const evil = { kind: 'regex', pattern: '^(a+)+$' }
  expect(await pass(evil, `${'a'.repeat(50_000)}b`)).toBe(false)
  expect(await pass(evil, 'a'.repeat(50_000))).toBe(true)
  const schema = { type: 'object', properties: { a: { pattern: '^(a|a)*$' } } }
  expect(await pass({ kind: 'json-schema', schema }, JSON.stringify({ a: `${'a'.repeat(5000)}!` }))).toBe(false)
  const patterns = ['^\\d{3}-\\d{4}$', 'a.c', '(x|yz)+', '[^a-c]\\s', '\\bcat\\b', '^$', 'é?u', '(?<y>\\d+)\\/']
  fc.assert(
    fc.property(
      fc.constantFrom(...patterns),
      fc.string({ unit: fc.constantFrom(...'abcxyz 0123-/ué\ncat') }),
      (p, text) => {
        expect(linearRegex(p).test(text), p).toBe(new RegExp(p, 'u').test(text))
      },
    ),
  )
  expect(misfitOf([{ kind: 'regex', pattern: '(?=a)b' }], null)).toMatch(/no look-arounds/)
  expect(misfitOf([{ kind: 'regex', pattern: '(' }], null)).toMatch(/regex: /)
})

test.each<[GraderSpec, string, Json | null, boolean | null]>([
  [{ kind: 'exact' }, ' 42\n', '42', true],
  [{ kind: 'exact', trim: false }, '42\n', '42', false],
  [{ kind: 'exact' }, '{"b": [1.0], "a": null}', { a: null, b: [1] }, true],
  [{ kind: 'exact' }, '42', 42, true],
  [{ kind: 'exact' }, 'Paris', 'paris', false],
  [{ kind: 'normalised' }, '**Paris.**', 'paris', true],
  [{ kind: 'normalised' }, 'ｏｆﬁｃｅ', 'office', true],
  [{ kind: 'normalised' }, 'cafe\u0301', 'CAFÉ', true],
  [{ kind: 'normalised' }, '1.5', '15', false],
  [{ kind: 'normalised' }, '-5', '5', false],
  [{ kind: 'normalised' }, '\u22125', '-5', true],
  [{ kind: 'normalised' }, '50%', '50', false],
  [{ kind: 'normalised' }, 'C#', 'C', false],
  [{ kind: 'normalised' }, '(B)', ['A', 'B'], true],
  [{ kind: 'normalised', articles: false }, 'The refund', 'refund', true],
  [{ kind: 'normalised', articles: false }, 'A', 'An', false],
  [{ kind: 'normalised', case: true }, 'Paris', 'paris', false],
  [{ kind: 'contains' }, 'It was refunded.', 'refund', false],
  [{ kind: 'contains', words: false }, 'It was refunded.', 'refund', true],
  [{ kind: 'contains', any: ['red', 'blue'], none: 'green' }, 'Blue, I think', null, true],
  [{ kind: 'contains', any: ['red', 'blue'], none: 'green' }, 'Blue or green', null, false],
  [{ kind: 'contains', all: ['New York', '5'] }, '5 days in new  york', null, true],
  [{ kind: 'contains', all: '5' }, '15 days', null, false],
  [{ kind: 'regex', pattern: '^refund$' }, 'refund\n', null, true],
  [{ kind: 'regex', pattern: '^ok', flags: 'im', absent: true }, 'no\nOK', null, false],
  [{ kind: 'regex', pattern: 'answer: (\\w+)', flags: 'i', group: 1 }, 'Answer: B. No, answer: C', 'c', true],
  [{ kind: 'json' }, 'Here:\n```json\n{"a": 1, "b": 2}\n```', '{"b": 2, "a": 1}', true],
  [{ kind: 'json' }, 'so {"a": 1}', { a: 1 }, false],
  [{ kind: 'json', extract: 'any' }, 'not {x} but {"a": "}"} :)', { a: '}' }, true],
  [{ kind: 'json', subset: true }, '{"a": {"x": 1, "y": 2}, "z": 0}', { a: { x: 1 } }, true],
  [{ kind: 'json', subset: true }, '{"a": [1, 2]}', { a: [1] }, false],
  [{ kind: 'set' }, '1. Mars\n2. Venus', ['venus', 'mars'], true],
  [{ kind: 'set' }, '["a","b","c"]', 'c, b, a', true],
  [{ kind: 'set', f1: 0.8 }, 'a, b, c', ['a', 'b'], true],
  [{ kind: 'set', recall: 1 }, 'a, b, c, d', ['a', 'b'], true],
  [{ kind: 'set' }, 'a, b, c', ['a', 'b'], false],
])('%j says of %j, where %j is expected: %s', async (spec, text, expected, right) => {
  expect(graderShape.safeParse(spec).error?.message).toBeUndefined()
  expect(await pass(spec, text, expected)).toBe(right)
})

// The solutions end as GSM8K's do (Cobbe et al. 2021); tolerances are those of NumPy's documentation of isclose.
test.each<[Partial<GraderSpec>, string, Json, boolean]>([
  [{}, 'Natalia sold 48/2 = 24 clips in May. Natalia sold 48+24 = 72 clips altogether.\n#### 72', 72, true],
  [{}, 'He spends $1,448. #### 1,448\nThat was fun in 2024.', '1448', true],
  [{}, 'The answer is $-3.50, out of 10', -3.5, true],
  [{}, 'So \\boxed{1{,}000}? No: \\boxed{17}', 17, true],
  [{}, '3 boxes of 4 make 12', 12, true],
  [{ take: 'first' }, '3 boxes of 4 make 12', 3, true],
  [{ take: 'only' }, '3 boxes of 4 make 12', 12, false],
  [{}, 'no idea', 1, false],
  [{}, '1,234,567.5', 1234567.5, true],
  [{ decimal: ',' }, '1.234.567,5 €', 1234567.5, true],
  [{}, '6.02e23', 6.02e23, true],
  [{}, 'pages 5-10', 10, true],
  [{}, 'v2', 2, false],
  [{ units: { m: 1, km: 1000, cm: 0.01 } }, 'It is 1.5 km', '1500 m', true],
  [{ units: { m: 1, km: 1000 }, unitRequired: true }, '1500', 1500, false],
  [{ units: { '%': 0.01 }, absolute: 0.005 }, 'about 12.4%', 0.12, true],
  [{ units: { million: 1e6, k: 1000 } }, '$3.2 million', 3_200_000, true],
  [{ absolute: 1e-8, relative: 1e-5 }, '1.00001e10', 1e10, true],
  [{ absolute: 1e-8, relative: 1e-5 }, '1e-7', 1e-8, false],
  [{ absolute: 1e-8, relative: 1e-5 }, '1e-8', 1e-9, true],
  [{ absolute: 0.05 }, '1.05', 1, true],
])('numeric %j of %j, where %j is expected: %s', async (fields, text, expected, right) => {
  expect(await pass({ kind: 'numeric', ...fields }, text, expected)).toBe(right)
})

const call = (name: string, args: unknown) => ({ id: 'x', name, arguments: JSON.stringify(args) })
test.each<[Partial<GraderSpec>, [string, unknown][], boolean, number]>([
  [
    {},
    [
      ['b', { y: 2, x: 1 }],
      ['a', {}],
    ],
    true,
    1,
  ],
  [
    { ordered: true },
    [
      ['b', { y: 2, x: 1 }],
      ['a', {}],
    ],
    false,
    0.5,
  ],
  [
    {},
    [
      ['a', {}],
      ['b', { x: 1 }],
    ],
    false,
    0.5,
  ],
  [
    { arguments: 'none' },
    [
      ['a', {}],
      ['b', { x: 1 }],
    ],
    true,
    1,
  ],
  [
    { arguments: 'subset' },
    [
      ['a', { more: 1 }],
      ['b', { x: 1, y: 2, z: 3 }],
    ],
    true,
    1,
  ],
  [
    {},
    [
      ['a', {}],
      ['b', { x: 1, y: 2 }],
      ['c', {}],
    ],
    false,
    0.8,
  ],
  [
    { extra: true },
    [
      ['a', {}],
      ['b', { x: 1, y: 2 }],
      ['c', {}],
    ],
    true,
    0.8,
  ],
  [{}, [], false, 0],
])('tool calls %j: %j', async (fields, made, right, score) => {
  const expected = [{ name: 'a' }, { name: 'b', arguments: '{"x": 1, "y": 2}' }]
  const answer = answerOf('', expected, { toolCalls: made.map(([name, args]) => call(name, args)) })
  const grade = await gradeOnce({ kind: 'tool-calls', ...fields }, answer, toolsFor())
  expect([grade.pass, grade.score]).toEqual([right, expect.closeTo(score, 12)])
})

test('law 4: a grader that throws, hangs or says rubbish cannot tell, and a task that one failed is failed', async () => {
  const answer = answerOf('x', 'x')
  const hanging = { kind: 'command', command: ['sleep', '30'], seconds: 0.2 }
  expect(await gradeOnce(hanging, answer, toolsFor())).toMatchObject({
    pass: null,
    reason: 'command: it ran past 0.2 s',
  })
  const missing = await gradeOnce({ kind: 'command', command: ['no-such-program'] }, answer, toolsFor())
  expect(missing).toMatchObject({ pass: null, reason: expect.stringContaining('ENOENT') })
  expect(await gradeOnce({ kind: 'nobody' }, answer, toolsFor())).toMatchObject({ pass: null })
  expect(await gradeOnce({ kind: 'exact' }, answerOf('x', null), toolsFor())).toMatchObject({ pass: null })
  expect(await gradeAnswer([{ kind: 'exact' }, unknown], answer, toolsFor())).toMatchObject({ pass: null })
  expect(await gradeAnswer([unknown, { kind: 'regex', pattern: 'y' }], answer, toolsFor())).toMatchObject({
    pass: false,
  })
  expect(await gradeAnswer([], answer, toolsFor())).toMatchObject({ pass: null })
  expect(await gradeAnswer([{ kind: 'exact' }], answer, toolsFor())).toMatchObject({
    pass: true,
    usd: 0n,
    reason: null,
  })
})

const yes = { kind: 'regex', pattern: 'x' }
const no = { kind: 'regex', pattern: 'y' }
const unknown = { kind: 'command', command: ['no-such-program'] }
test.each<[GraderSpec[], object, boolean | null]>([
  [[no, yes], { pass: 'any' }, true],
  [[unknown, yes], { pass: 'any' }, true],
  [[no, unknown], { pass: 'any' }, null],
  [[no, no], { pass: 'any' }, false],
  [[yes, no], { pass: 0.5 }, true],
  [[yes, no], { pass: 0.6 }, false],
  [[yes, no], { pass: 0.6, weights: [3, 2] }, true],
  [[yes, unknown, no], { pass: 0.3 }, true],
  [[yes, unknown, no], { pass: 0.5 }, null],
  [[yes, unknown, no], { pass: 0.7 }, false],
  [[{ kind: 'combined', pass: 'any', graders: [no, yes] }, yes], { pass: 1 }, true],
])('combined: %j with %j', async (members, fields, right) => {
  const spec = { kind: 'combined', graders: members, ...fields }
  expect(graderShape.safeParse(spec).error?.message).toBeUndefined()
  expect(await pass(spec, 'x')).toBe(right)
})

test('each kind is told in one line, and stands once in the list', () => {
  const kinds = graders.map(({ kind }) => kind)
  expect(new Set(kinds).size).toBe(kinds.length)
  for (const { about } of graders) expect(about).toMatch(/^[A-Z][^\n]{20,200}\.$/)
  expect(normalText('  A  b ')).toBe('a b')
})
