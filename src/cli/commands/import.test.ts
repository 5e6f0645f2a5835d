import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Imported } from '../../server/importing.ts'
import { runForTest } from './frame-for-test.ts'
import { importCommand } from './import.ts'
import { savings } from './savings.ts'
import { simulate } from './simulate.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-import-'))
  for (const month of ['october', 'november']) mkdirSync(join(folder, month))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Written in the folder, named as it is seen from where the command runs. */
function file(name: string, ...lines: string[]): string {
  const path = join(folder, name)
  writeFileSync(path, lines.join('\n'))
  return relative('.', path)
}
const data = () => ({ data: join(folder, 'data') })
const run = (...words: string[]) => runForTest<Imported>(importCommand, ['import', ...words], data())
const header = 'time,input_tokens,output_tokens,note'

test('an error names the path as it was given: two folders may each hold a file of this name', async () => {
  const open = file('november/calls.csv', header, ...['x', '"open', 'y', 'z'].map(note => `2026-11-02,1,1,${note}`), '')
  await expect(run(open)).rejects.toMatchObject({ code: 'FILE_UNREADABLE', where: `${open}:3` })
  const bad = file('november/bad.csv', header, 'never,1,1,x', '')
  await expect(run(bad)).rejects.toMatchObject({ code: 'ALL_REJECTED', where: bad })
  const none = file('november/none.csv', header, '')
  await expect(run(none)).rejects.toMatchObject({ code: 'FILE_EMPTY', where: none })
  const odd = file('november/odd.csv', 'a,b', '1,2', '')
  await expect(run(odd)).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN', where: odd })
  await expect(
    runForTest(simulate, ['simulate', '--trace', odd, '--model', 'llama-3.1-8b', '--gpu', 'h100'], data()),
  ).rejects.toMatchObject({ code: 'FORMAT_UNKNOWN', where: odd })
  const leases = file('november/leases.csv', 'gpu,count,from,to,usdPerHour', 'h1000,1,2026-11-01,,2', '')
  await expect(runForTest(savings, ['savings', '--leases', leases], data())).rejects.toMatchObject({
    code: 'LEASE_INVALID',
    where: `${leases}:2`,
  })
})

test('the ledger knows a file by its name alone, and lists its rejected rows under that', async () => {
  const path = file('october/some.csv', header, '2026-10-02,1,1,x', 'never,1,1,x', '')
  const { json } = await run(path)
  expect(json).toMatchObject({ name: 'some.csv', added: 1, rejected: 1 })
  expect(json.rejectFile).toBe(join(folder, 'data/rejects/some.csv.rejects.jsonl'))
  expect(JSON.parse(readFileSync(json.rejectFile!, 'utf8'))).toMatchObject({ line: 3 })
  expect((await run('undo', 'some.csv')).json).toMatchObject({ removed: 1 })
})
