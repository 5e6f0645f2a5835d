import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openedForTest, settledForTest } from '../core/meter/call-record-for-test.ts'
import { openSpool } from '../spool/spool.ts'
import { spoolFolder, startSpoolWriter } from './spool-writer.ts'
import { openWorkplace, type Workplace } from './workplace.ts'

let dataDir: string
let workplace: Workplace
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'crossline-writer-'))
  workplace = openWorkplace({ dataDir })
})
afterEach(async () => {
  await workplace.close()
  rmSync(dataDir, { recursive: true, force: true })
})

const calls = async () => (await (await workplace.ledger()).report({}, [], 'UTC')).total.calls
const never = 3_600_000

test('whoever asks has all that had ended when it was asked, however seldom the spool is looked at', async () => {
  // The ledger is opened and prices are read before the first: a slow machine takes its time.
  const writer = startSpoolWriter(workplace, () => {}, never, 60_000)
  await writer.caughtUp()
  const spool = openSpool(spoolFolder(dataDir), { worker: 'w1' })
  for (let i = 0; i < 5; i++) {
    await spool.append(openedForTest({ key: `k${i}` }))
    await spool.append(settledForTest({ key: `k${i}` }))
    await Promise.all([writer.caughtUp(), writer.caughtUp()])
    expect(await calls()).toBe(i + 1)
  }
  await spool.append(openedForTest({ key: 'last' }))
  await spool.close()
  await writer.stop()
  expect(await calls()).toBe(6)
})

test('nobody waits for an import that takes long', async () => {
  const writer = startSpoolWriter(workplace, () => {}, never)
  await writer.caughtUp()
  const spool = openSpool(spoolFolder(dataDir), { worker: 'w1' })
  await spool.append(openedForTest({ key: 'k' }))
  let end: () => void = () => {}
  const importing = workplace.exclusively(
    () =>
      new Promise<void>(done => {
        end = done
      }),
  )
  await writer.caughtUp()
  expect(await calls()).toBe(0)
  end()
  await importing
  await spool.close()
  await writer.stop()
  expect(await calls()).toBe(1)
})
