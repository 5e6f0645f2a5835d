// A file of a load generator, or of scraped metrics, in; the load points that the reader that knows it finds, out.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { parse } from 'csv-parse/sync'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { isObject, type Json } from '../pages.ts'
import { aiperf } from './aiperf.ts'
import { guidellm } from './guidellm.ts'
import { inferencemax } from './inferencemax.ts'
import { measurements } from './measurements.ts'
import type { BenchmarkFile, BenchmarkRead, BenchmarkReader, Parsed } from './reader.ts'
import { vllmBench } from './vllm-bench.ts'
import { vllmScrapes } from './vllm-scrapes.ts'

/** Every format of benchmark records that is read: one line each. */
export const benchmarkReaders: readonly BenchmarkReader[] = [
  vllmBench,
  guidellm,
  aiperf,
  inferencemax,
  measurements,
  vllmScrapes,
]

/** @throws Fault FILE_UNREADABLE, FILE_EMPTY, FORMAT_UNKNOWN, UNKNOWN_FORMAT */
export function readBenchmark(path: string, format?: string): BenchmarkRead & { readonly format: string } {
  const text = textOf(path)
  const file: BenchmarkFile = { name: path, text, parsed: parsed(path, text) }
  const reader = format === undefined ? detected(file) : named(format)
  return { ...reader.read(file), format: reader.name }
}

function textOf(path: string): string {
  try {
    const bytes = readFileSync(path)
    return (bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8').replace(/^\uFEFF/, '')
  } catch (thrown) {
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Fault('FILE_UNREADABLE', `cannot be read: ${message}`, { where: path, fix: 'give a file of results' })
  }
}

function detected(file: BenchmarkFile): BenchmarkReader {
  const found = benchmarkReaders.find(reader => reader.matches(file))
  if (found !== undefined) return found
  throw new Fault('FORMAT_UNKNOWN', 'results of no load generator that is known', {
    where: file.name,
    fix: `read are ${benchmarkReaders.map(({ title }) => title).join(', ')}`,
  })
}

function named(format: string): BenchmarkReader {
  const found = benchmarkReaders.find(({ name }) => name === format)
  if (found !== undefined) return found
  const names = benchmarkReaders.map(({ name }) => name)
  const near = nearestName(format, names)
  throw new Fault('UNKNOWN_FORMAT', `unknown format "${format}"`, {
    where: '--format',
    fix: near ? `did you mean ${near}?` : `use one of ${names.join(', ')}`,
  })
}

/** JSON: one document, a list of them, or one a line. */
function parsed(name: string, text: string): Parsed {
  const first = text.trimStart()[0]
  if (first === undefined)
    throw new Fault('FILE_EMPTY', 'the file is empty', { where: name, fix: 'give a file of results' })
  if (first === '{' || first === '[') return jsonOf(name, text)
  if (/^(# (TYPE|HELP) |[a-zA-Z_]\w*:\w+[{ ])/m.test(text)) return { kind: 'metrics', form: 'exposition' }
  const rows = parse(text, { relax_column_count: true, relax_quotes: true, skip_empty_lines: true }) as string[][]
  return { kind: 'csv', rows }
}

function jsonOf(name: string, text: string): Parsed {
  const whole = tried(text)
  if (whole !== undefined) {
    if (isObject(whole) && isObject(whole.data) && 'resultType' in whole.data)
      return { kind: 'metrics', form: 'prometheus' }
    const documents = (Array.isArray(whole) ? whole : [whole]).filter(isObject)
    return { kind: 'json', documents: documents.map(value => ({ value, line: null })) }
  }
  const lines = text
    .split('\n')
    .map((line, i) => ({ line: i + 1, text: line.trim() }))
    .filter(({ text }) => text !== '')
  const documents = lines.map(({ line, text }): { value: Json; line: number } => {
    const value = tried(text)
    // What is no object stays as a record without a field, so that its line is rejected and not lost.
    return { value: isObject(value) ? value : { 'not JSON': text }, line }
  })
  if (documents.every(({ value }) => 'not JSON' in value)) {
    throw new Fault('FILE_UNREADABLE', 'not readable as JSON', { where: name, fix: 'give the file as it was written' })
  }
  return { kind: 'json', documents }
}

function tried(text: string): unknown {
  try {
    // Python writes numbers that JSON does not know.
    return JSON.parse(text.replace(/(?<=[:[,]\s*)(-?Infinity|NaN)(?=\s*[,\]}])/g, 'null'))
  } catch {
    return undefined
  }
}
