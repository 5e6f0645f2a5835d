import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type CalibrationFile, readCalibration, writeCalibration } from './calibration-file.ts'

const none = { ttftMs: null, tpotMs: null, outputTokensPerSecond: { median: 0.0212345678, p90: 0.05, n: 4 } }
const calibration: CalibrationFile = {
  version: 1,
  made: '2026-11-28T06:40:00Z',
  measured: ['http://127.0.0.1:8080/v1'],
  model: 'smollm2',
  gpu: null,
  tp: null,
  pp: 1,
  dp: 1,
  ep: 1,
  weights: null,
  kv: null,
  engine: 'llama.cpp',
  engineVersion: null,
  scales: null,
  server: {
    stepSeconds: 0.0025,
    sequenceSeconds: 0.001,
    contextTokenSeconds: 4e-7,
    promptStepSeconds: 0.01,
    promptTokenSeconds: 0.0003,
    entrySeconds: 0.002,
    maxSequences: 4,
    maxContext: 8192,
    maxBatchedTokens: 2048,
  },
  error: { before: null, after: none, heldOut: null },
  points: [],
}

const place = () => join(mkdtempSync(join(tmpdir(), 'calibration-')), 'c.yaml')

test('a calibration reads as it was written, to six digits, and says what it is to a person', () => {
  const path = place()
  writeCalibration(path, calibration)
  expect(readFileSync(path, 'utf8')).toMatch(/^# A calibration of Crossline/)
  expect(readCalibration(path)).toEqual({
    ...calibration,
    error: { ...calibration.error, after: { ...none, outputTokensPerSecond: { median: 0.0212346, p90: 0.05, n: 4 } } },
  })
})

test('a broken file names the field, a missing one itself', () => {
  const path = place()
  writeFileSync(path, JSON.stringify({ ...calibration, server: { ...calibration.server!, stepSeconds: -1 } }))
  expect(() => readCalibration(path)).toThrow(
    expect.objectContaining({ code: 'CALIBRATION_INVALID', message: expect.stringContaining('server.stepSeconds') }),
  )
  expect(() => readCalibration(`${path}.none`)).toThrow(expect.objectContaining({ code: 'FILE_UNREADABLE' }))
})
