import { expect, test } from 'vitest'
import { Fault } from '../core/fault/fault.ts'
import { logLine, troubleText } from './log.ts'

test('one line for a person, and one that a program reads, whatever is said', () => {
  const said = { text: 'the disk is full:\n"/data"', level: 'error', by: 'gateway 2' } as const
  expect(logLine('text', said, 0)).toBe('crossline: the disk is full:\n"/data"')
  const line = logLine('json', said, Date.UTC(2026, 10, 28))
  expect(line).not.toContain('\n')
  expect(JSON.parse(line)).toEqual({
    time: '2026-11-28T00:00:00.000Z',
    level: 'error',
    process: 'gateway 2',
    message: said.text,
  })
})

test('whoever reads the log alone learns where it is and what to do about it', () => {
  const fault = new Fault('LEDGER_BROKEN', 'the ledger cannot be read', { where: '/data', fix: 'restore a backup' })
  expect(troubleText(fault)).toBe('the ledger cannot be read (/data); restore a backup')
  expect(troubleText(new Error('no space left'))).toBe('no space left')
})
