import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { claimSlot } from './slot.ts'

test('no two processes have one name; where no lock can be written each has one all the same, and calls go on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-slots-'))
  try {
    const first = await claimSlot(join(folder, 'spool'))
    const second = await claimSlot(join(folder, 'spool'))
    expect([first.worker, second.worker]).toEqual(['w1', 'w2'])
    first.release()
    expect((await claimSlot(join(folder, 'spool'))).worker).toBe('w1')
    // As on a disk that has become read-only: nothing can be made there.
    writeFileSync(join(folder, 'file'), '')
    const names = await Promise.all([1, 2].map(async () => (await claimSlot(join(folder, 'file', 'spool'))).worker))
    expect(new Set(names).size).toBe(2)
    expect(names.every(name => /^w0-[0-9a-f]{12}$/.test(name))).toBe(true)
  } finally {
    rmSync(folder, { recursive: true })
  }
})
