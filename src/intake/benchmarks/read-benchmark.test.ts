import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { benchmarkReaders, readBenchmark } from './read-benchmark.ts'

const fixture = (name: string) => new URL(`../../../test/fixtures/${name}`, import.meta.url).pathname
const document = (name: string) => JSON.parse(readFileSync(fixture(name), 'utf8'))

function written(name: string, text: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'benchmarks-')), name)
  writeFileSync(path, text)
  return path
}

test('a result of vllm bench serve is a point with the means that it states', () => {
  const told = document('benchmarks/vllm-bench.json')
  const { format, points, rejects } = readBenchmark(fixture('benchmarks/vllm-bench.json'))
  expect([format, rejects]).toEqual(['vllm-bench', []])
  expect(points).toHaveLength(1)
  expect(points[0]).toMatchObject({
    concurrency: 32,
    offeredPerSecond: null,
    inputTokens: told.total_input_tokens / 500,
    outputTokens: told.total_output_tokens / 500,
    requests: 500,
    outputTokensPerSecond: told.output_throughput,
    ttftMs: { mean: told.mean_ttft_ms, p50: told.median_ttft_ms, p95: null, p99: told.p99_ttft_ms },
    tpotMs: { mean: told.mean_tpot_ms, p99: told.p99_tpot_ms },
    server: { model: 'openai/gpt-oss-120b', engine: null },
  })
})

test('appended results are a point each, and a line that was cut is a reject with its number', () => {
  const whole = readFileSync(fixture('benchmarks/vllm-bench-appended.jsonl'), 'utf8')
  const path = written('results.jsonl', `${whole}{"backend": "vllm", "duration": 1\n`)
  const { points, rejects } = readBenchmark(path)
  expect(points.map(({ concurrency }) => concurrency)).toEqual([128, 128, 128, 32, 32, 32])
  expect(rejects).toEqual([
    { line: 7, reason: 'not a result of bench serve', raw: expect.stringContaining('duration') },
  ])
  expect(points[2]!.source).toBe(`${path}:3`)
})

test('a detailed result at a rate is open: nobody waited for answers, and lengths are spread', () => {
  const { points } = readBenchmark(fixture('benchmarks/vllm-bench-detailed.json'))
  expect(points[0]).toMatchObject({ concurrency: null, offeredPerSecond: 16, requests: 1000 })
  expect(points[0]!.lengthRatio).toBeLessThan(0.2)
  expect(points[0]!.server.engine).toBe('vllm')
})

test('all prompts at once, without a rate or a limit, are that many requests in flight', () => {
  const { max_concurrency: _, ...told } = document('benchmarks/vllm-bench.json')
  const { points } = readBenchmark(written('offline.json', JSON.stringify(told)))
  expect(points[0]).toMatchObject({ concurrency: 500, offeredPerSecond: null })
})

test('each benchmark of a GuideLLM report is a point: its inter-token latency is time per output token', () => {
  const report = document('benchmarks/guidellm.json')
  const { format, points, rejects } = readBenchmark(fixture('benchmarks/guidellm.json'))
  expect([format, rejects]).toEqual(['guidellm', []])
  expect(points.map(({ concurrency }) => concurrency)).toEqual([1, 2])
  const { metrics } = report.benchmarks[1]
  expect(points[1]).toMatchObject({
    inputTokens: 80,
    outputTokens: 24,
    requests: 5,
    ttftMs: { mean: metrics.time_to_first_token_ms.successful.mean },
    tpotMs: { mean: metrics.inter_token_latency_ms.successful.mean },
  })
  // Five requests of 24 tokens in the 1.548 s that the report measures.
  expect(points[1]!.outputTokensPerSecond).toBeCloseTo(120 / 1.548, 0)
})

test('the report of GuideLLM 0.2 and 0.3 kept its strategy elsewhere', () => {
  const { metrics } = document('benchmarks/guidellm.json').benchmarks[0]
  const benchmark = { args: { strategy: { type_: 'constant', rate: 2.5 } }, worker: { backend_model: 'm' }, metrics }
  const { points } = readBenchmark(written('old.json', JSON.stringify({ benchmarks: [benchmark] })))
  expect(points[0]).toMatchObject({ concurrency: null, offeredPerSecond: 2.5, server: { model: 'm' } })
})

test('the three files of one AIPerf run tell the same point', () => {
  const told = document('benchmarks/aiperf.json')
  const read = ['json', 'csv'].map(ext => readBenchmark(fixture(`benchmarks/aiperf.${ext}`)))
  const records = readBenchmark(fixture('benchmarks/aiperf-records.jsonl'))
  expect(read[0]!.points[0]).toMatchObject({
    concurrency: 3,
    // As the server counts: its 24 tokens of an answer are 54 to the tokenizer that the tool was given.
    inputTokens: told.usage_prompt_tokens.avg,
    outputTokens: 24,
    requests: 18,
    ttftMs: { mean: told.time_to_first_token.avg, p95: told.time_to_first_token.p95 },
    server: { model: 'smollm2' },
  })
  expect(read[0]!.points[0]!.tpotMs.mean).toBeCloseTo(told.decode_duration.avg / 23, 6)
  for (const { format, points, notes } of [read[1]!, records]) {
    expect(format).toBe('aiperf')
    expect(notes[0]).toContain('Little')
    // The CSV is rounded to two digits; 3 in flight follow from rate × time.
    expect(points[0]!.concurrency).toBe(3)
    expect(points[0]!.ttftMs.mean).toBeCloseTo(told.time_to_first_token.avg, 1)
    expect(points[0]!.tpotMs.mean! / read[0]!.points[0]!.tpotMs.mean!).toBeCloseTo(1, 3)
    expect(points[0]!.outputTokensPerSecond! / (18 * 24)).toBeCloseTo(1 / told.benchmark_duration.avg, 4)
  }
})

test('results of InferenceMAX are seconds and per GPU', () => {
  const [told] = document('benchmarks/inferencemax.json')
  const { format, points, rejects } = readBenchmark(fixture('benchmarks/inferencemax.json'))
  expect([format, points.length, rejects]).toEqual(['inferencemax', 6, []])
  expect(points[0]).toMatchObject({
    concurrency: 128,
    inputTokens: 0.9 * told.isl,
    lengthRatio: 0.8,
    outputTokensPerSecond: told.output_tput_per_gpu * 4,
    ttftMs: { mean: told.mean_ttft * 1000 },
    server: { gpu: 'h200', gpus: 4, engine: 'sglang', weights: 'fp4' },
  })
})

test('what the model cannot represent is refused with its reason, not fitted', () => {
  const [told] = document('benchmarks/inferencemax.json')
  const rows = [{ ...told, disagg: true }, { ...told, spec_decoding: 'mtp' }, { ...told, isl: null }, told]
  const { points, rejects } = readBenchmark(written('agg.json', JSON.stringify(rows)))
  expect(points).toHaveLength(1)
  expect(rejects.map(({ reason }) => reason)).toEqual([
    expect.stringContaining('apart'),
    expect.stringContaining('speculative'),
    expect.stringContaining('isl'),
  ])
})

test('two scrapes of a vLLM server are what it served between them; a restart between two is a reject', () => {
  const { format, points, rejects } = readBenchmark(fixture('metrics/vllm-series.prom.gz'))
  expect(format).toBe('vllm-metrics')
  expect(points.length).toBeGreaterThan(1)
  for (const { offeredPerSecond, concurrency, inputTokens, outputTokens, ttftMs, tpotMs } of points) {
    expect(concurrency).toBeNull()
    expect(offeredPerSecond).toBeGreaterThan(0)
    expect(inputTokens).toBeGreaterThan(0)
    expect(outputTokens).toBeGreaterThan(0)
    expect(ttftMs.mean).toBeGreaterThan(50)
    expect(tpotMs.mean).toBeGreaterThan(10)
    expect(tpotMs.mean).toBeLessThan(60)
  }
  expect(rejects.map(({ reason }) => reason)).toContain('the server was started anew between two scrapes')
})

test('a format that was asked for by a wrong name is told the near one, and a foreign file what is read', () => {
  expect(() => readBenchmark(fixture('benchmarks/aiperf.csv'), 'aiperv')).toThrow(
    expect.objectContaining({ code: 'UNKNOWN_FORMAT', fix: 'did you mean aiperf?' }),
  )
  expect(() => readBenchmark(written('x.json', '{"a":1}'))).toThrow(expect.objectContaining({ code: 'FORMAT_UNKNOWN' }))
  expect(() => readBenchmark(written('x.csv', 'a,b\n1,2\n'))).toThrow(
    expect.objectContaining({ code: 'FORMAT_UNKNOWN' }),
  )
  expect(new Set(benchmarkReaders.map(({ name }) => name)).size).toBe(benchmarkReaders.length)
})
