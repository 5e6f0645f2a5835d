// The ten-minute gate: from a spend log, an invoice and a list of leases, by the command line alone, to the five answers of docs/ten-minutes.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { teamFiles } from '../team/team.ts'

const launcher = resolve(import.meta.dirname, '../../crossline')
const folder = mkdtempSync(join(tmpdir(), 'crossline-ten-minutes-'))
const files = teamFiles(1, 0.3)

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(launcher, [...args, '--data', join(folder, 'data')], {
    cwd: folder,
    encoding: 'utf8',
    timeout: 110_000,
    maxBuffer: 1e8,
  })
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`)
  return stdout
}

beforeAll(() => {
  writeFileSync(join(folder, 'spend-logs.jsonl.gz'), gzipSync(files.spendLog))
  writeFileSync(join(folder, 'invoice.csv'), files.invoice)
  writeFileSync(join(folder, 'leases.csv'), files.leases)
  run('import', 'spend-logs.jsonl.gz', 'invoice.csv')
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const quick = ['--gpu', 'h100-sxm-80gb', '--other-models', 'gpt-oss-120b'] as const

test('how much of the bill is covered, a table by feature, a verdict with its grade, and what to measure next', () => {
  const answer = JSON.parse(run('crossover', '--by', 'feature', ...quick, '--json'))
  const { coverage, rows, total, decision, verdict, grade, next } = answer
  // One seller was billed and never metered; the rest is covered but for a call in a thousand and a few per cent.
  expect(coverage.billedShare).toBeGreaterThan(0.9)
  expect(coverage.billedShare).toBeLessThan(1)
  expect(Number(coverage.meteredUsd)).toBeLessThan(Number(coverage.billedUsd))
  expect(coverage).toMatchObject({ hoursOfWeek: 168, estimatedShare: 0 })
  const features = new Set(rows.map(({ key }: { key: string | null }) => key))
  expect(features).toContain('support-chat')
  expect(features).toContain(null)
  expect(rows.reduce((calls: number, row: { calls: number }) => calls + row.calls, 0)).toBe(total.calls)
  expect(total.calls).toBe(files.tally.calls)
  expect(['yes', 'no', 'cannot tell']).toContain(decision.answer)
  expect(verdict).toMatch(/^(Yes|No|Cannot tell)\b/)
  expect(grade).toBe('C')
  expect(next.why).toBeTruthy()
  const text = run('crossover', '--by', 'feature', ...quick)
  expect(text).toMatch(/^covers 9\d% of the bill/m)
  expect(Math.max(...text.split('\n').map(line => line.length))).toBeLessThanOrEqual(80)
})

test('what self-hosting saved or lost so far: exact leases, an estimate of idle, the same calls elsewhere', () => {
  const savings = JSON.parse(run('savings', '--leases', 'leases.csv', '--operations-usd-per-month', '0', '--json'))
  expect(savings.verdict).toBe('lost')
  // 4 GPUs × 336 h × $2.49 = $3,346.56, and 2 × 168 h × $2.99 = $1,004.64.
  expect(savings.total.leasedUsd).toBe('4351.200000000000')
  const pico = (usd: string) => BigInt(usd.replace('.', ''))
  expect(pico(savings.total.busyUsd) + pico(savings.total.idleUsd)).toBe(pico(savings.total.leasedUsd))
})

test('with half of the log missing the verdict is partial, and asks for the rest first', () => {
  const half = files.spendLog.split('\n').filter((_, i) => i % 2 === 0)
  writeFileSync(join(folder, 'half.jsonl'), half.join('\n'))
  const data = join(folder, 'half')
  const at = (...args: string[]) =>
    spawnSync(launcher, [...args, '--data', data], { cwd: folder, encoding: 'utf8', maxBuffer: 1e8 })
  expect(at('import', 'half.jsonl', 'invoice.csv').status).toBe(0)
  const answer = JSON.parse(at('crossover', ...quick, '--json').stdout)
  expect(answer.decision.partial).toBe(true)
  expect(answer.verdict).toMatch(/^Partial \(metered [45]\d % of the bill\): /)
  expect(answer.next).toMatchObject({ unknown: 'bill', command: 'crossline import FILE' })
})
