// The text format as its documentation states it, and as its own Python exporter writes it.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readExposition } from './exposition.ts'

const only = (line: string) => readExposition(line).scrapes[0]?.samples[0]

test('the examples of the documentation', () => {
  expect(only('http_requests_total{method="post",code="200"} 1027 1395066363000')).toEqual({
    name: 'http_requests_total',
    labels: { method: 'post', code: '200' },
    value: 1027,
    atMs: 1_395_066_363_000,
  })
  expect(
    only(
      'msdos_file_access_time_seconds{path="C:\\\\DIR\\\\FILE.TXT",error="Cannot find file:\\n\\"FILE.TXT\\""} 1.458255915e9',
    ),
  ).toMatchObject({
    labels: { path: 'C:\\DIR\\FILE.TXT', error: 'Cannot find file:\n"FILE.TXT"' },
    value: 1_458_255_915,
  })
  expect(only('metric_without_timestamp_and_labels 12.47')).toMatchObject({ labels: {}, value: 12.47, atMs: null })
  expect(only('something_weird{problem="division by zero"} +Inf -3982045')).toMatchObject({
    value: Infinity,
    atMs: -3_982_045,
  })
  expect(only('http_request_duration_seconds_bucket{le="+Inf"} 144320')).toMatchObject({ labels: { le: '+Inf' } })
  expect(only('a {b = "1" , c="}",}\tNaN')).toMatchObject({ labels: { b: '1', c: '}' }, value: Number.NaN })
})

test('what is no sample is told with its line, and the rest is read', () => {
  const { scrapes, bad } = readExposition(
    'a 1\nb{x=1} 2\nc{x="1"\nd\ne one\nf{x="1"y="2"} 3\n# anything\ng 1 2 3\nh 4\n',
  )
  expect(scrapes[0]!.samples.map(sample => sample.name)).toEqual(['a', 'h'])
  expect(bad.map(({ line }) => line)).toEqual([2, 3, 4, 5, 6, 8])
})

test('whatever labels and values, they are read back as they were written', () => {
  const escaped = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('"', '\\"')
  const label = fc.tuple(
    fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_]{0,8}$/),
    fc.string({ unit: 'grapheme' }).filter(text => !/[\r\v\f\u2028\u2029\u0085]/.test(text)),
  )
  const sample = fc.record({
    name: fc.stringMatching(/^[a-zA-Z_:][a-zA-Z0-9_:]{0,12}$/),
    labels: fc.uniqueArray(label, { selector: ([name]) => name, maxLength: 4 }),
    // Minus zero has no text of its own.
    value: fc.double().map(value => value + 0),
    atMs: fc.option(fc.maxSafeInteger()),
  })
  fc.assert(
    fc.property(sample, ({ name, labels, value, atMs }) => {
      const inside = labels.map(([key, text]) => `${key}="${escaped(text)}"`).join(',')
      const number = Number.isNaN(value)
        ? 'NaN'
        : Math.abs(value) === Infinity
          ? `${value < 0 ? '-' : '+'}Inf`
          : String(value)
      const line = `${name}${labels.length === 0 ? '' : `{${inside}}`} ${number}${atMs === null ? '' : ` ${atMs}`}`
      const { scrapes, bad } = readExposition(line)
      expect(bad).toEqual([])
      expect(scrapes[0]!.samples).toEqual([{ name, labels: Object.fromEntries(labels), value, atMs }])
    }),
  )
})

test('every line of the exporter is read; a line that is a time begins a scrape', () => {
  const text = gunzipSync(readFileSync('test/fixtures/metrics/vllm-series.prom.gz')).toString()
  const { scrapes, bad } = readExposition(text)
  expect(bad).toEqual([])
  expect(scrapes).toHaveLength(15)
  expect(scrapes[0]!.stamp).toBe('2026-11-20T10:00:00Z')
  const lines = text.split('\n').filter(line => line !== '' && !line.startsWith('#'))
  expect(scrapes.reduce((sum, { samples }) => sum + samples.length, 0)).toBe(lines.length)
})
