import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Entry, openJournal } from './journal.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-journal-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const asking = (id: string): Entry => ({ kind: 'asking', step: `["o","t",1,"${id}"]`, id, mostUsd: '1.000000000000' })

test('wherever it was cut, each whole entry is found again and what is written next is whole', () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 1, maxLength: 8 }), fc.nat(), (ids, at) => {
      rmSync(join(folder, 'journal'), { force: true })
      const journal = openJournal(folder)
      const ends = ids.map(id => {
        journal.append(asking(id))
        return statSync(join(folder, 'journal')).size
      })
      journal.close()
      const cut = at % (ends.at(-1)! + 1)
      truncateSync(join(folder, 'journal'), cut)
      const whole = ends.filter(end => end <= cut).length
      const again = openJournal(folder)
      expect(again.found).toEqual(ids.slice(0, whole).map(asking))
      again.append(asking('next'))
      again.close()
      const last = openJournal(folder)
      expect(last).toMatchObject({ corrupt: 0, found: [...ids.slice(0, whole), 'next'].map(asking) })
      last.close()
    }),
    { numRuns: 60 },
  )
})

test('an entry with a flipped bit is left out and counted, and those around it stand', () => {
  const journal = openJournal(folder)
  for (const id of ['a', 'b', 'c']) journal.append(asking(id))
  journal.close()
  const path = join(folder, 'journal')
  const bytes = readFileSync(path)
  bytes[bytes.indexOf(10) + 20]! ^= 1
  writeFileSync(path, bytes)
  appendFileSync(path, 'no entry\n')
  const again = openJournal(folder)
  expect(again).toMatchObject({ corrupt: 2, found: [asking('a'), asking('c')] })
  again.close()
})

test('words are for their owner alone, and gone once they are dropped', () => {
  const journal = openJournal(folder)
  journal.keepWords('s1', { text: 'secret', toolCalls: [] })
  expect(journal.wordsOf('s1')).toEqual({ text: 'secret', toolCalls: [] })
  const [name] = readdirSync(join(folder, 'answers'))
  expect(statSync(join(folder, 'answers', name!)).mode & 0o777).toBe(0o600)
  journal.dropWords(['s1', 's2'])
  expect([journal.wordsOf('s1'), readdirSync(join(folder, 'answers'))]).toEqual([null, []])
  journal.close()
})
