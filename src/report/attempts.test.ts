import { spawnSync } from 'node:child_process'
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Attempt, attemptOf } from '../core/decide/quality/attempt.ts'
import { fromPico } from '../core/meter/money.ts'
import { attemptsCsv } from './attempts-csv.ts'
import { junitXml } from './junit.ts'

const python = spawnSync('python3', ['-c', 'import xml.etree.ElementTree'], { encoding: 'utf8' })

/** A parser that we did not write. */
function cases(xml: string) {
  const script = `
import json, sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
print(json.dumps([[s.attrib, [[c.attrib, [e.tag for e in c if e.tag != 'properties'], [e.attrib.get('message') for e in c if e.tag != 'properties']] for c in s]] for s in root]))`
  const { stdout, stderr, status } = spawnSync('python3', ['-c', script], { input: xml, encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as [Record<string, string>, [Record<string, string>, string[], string[]][]][]
}

const tried = (told: Partial<Attempt>) =>
  attemptOf({ option: 'a', task: 't', attempt: 1, passed: true, usd: null, ...told })

const mixed = [
  tried({ seconds: 1.5, usd: fromPico(12_000_000_000n) }),
  tried({ task: 'u', passed: false, problem: 'expected "4", got <5> & more\u0000' }),
  tried({ task: 'v', passed: null, problem: 'the judge declined' }),
  tried({ task: 'w', passed: null, ended: 'unavailable', problem: '503 after 5 tries' }),
  tried({ task: 'x', passed: false, ended: 'limited', problem: 'stopped after 60 s' }),
  tried({ option: 'b', attempt: 2 }),
]

test.skipIf(python.status !== 0)(
  'a build server sees failures, errors and what is skipped, and no pass that is none',
  () => {
    const [[a, tries], [b]] = cases(junitXml('suite & co', mixed)) as [
      [Record<string, string>, [Record<string, string>, string[], string[]][]],
      [Record<string, string>, unknown],
    ]
    expect(a).toMatchObject({ name: 'a', tests: '5', failures: '2', errors: '1', skipped: '1' })
    expect(b).toMatchObject({ name: 'b', tests: '1', failures: '0' })
    expect(tries.map(([, tags]) => tags)).toEqual([[], ['failure'], ['skipped'], ['error'], ['failure']])
    expect(tries[1]![2]).toEqual(['expected "4", got <5> & more\ufffd'])
    expect(tries[0]![0]).toMatchObject({ classname: 'a', name: 't', time: '1.500' })
  },
)

test.skipIf(python.status !== 0)('whatever a name or a message holds, the document is well formed', () => {
  const texts = ['', ...fc.sample(fc.string({ unit: 'binary' }), 199)]
  const attempts = texts.map((text, i) => tried({ task: text, attempt: i + 1, passed: false, problem: text }))
  expect(cases(junitXml('s', attempts))[0]![1]).toHaveLength(200)
})

test('the table is read again as it was written: quotes, commas and line ends within a cell, unknown as an empty one', () => {
  const rows = parse(attemptsCsv([tried({ task: 'say "a, b"\r\nand c', tags: ['x', 'y'] }), ...mixed]), {
    columns: true,
  }) as Record<string, string>[]
  expect(rows).toHaveLength(7)
  expect(rows[0]).toMatchObject({ task: 'say "a, b"\r\nand c', usd: '', passed: 'true', tags: 'x;y', score: '' })
  expect(rows[1]!.usd).toBe('0.012000000000')
  expect(rows[3]!.passed).toBe('')
})
