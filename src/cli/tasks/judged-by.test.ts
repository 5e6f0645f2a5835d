import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { stream } from '../../core/statistics/random.ts'
import { runForTest } from '../commands/frame-for-test.ts'
import { tasks } from '../commands/tasks.ts'
import type { JudgedAnswer } from './judged-by.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-judged-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const rank = (...words: string[]) =>
  runForTest<{ judged: JudgedAnswer | null }>(tasks, ['tasks', 'rank', ...words], { data: folder })

/** Two options of one true rate; the judge is fair to `other`, and passes nine in ten of what its own kin got wrong. */
function kinship(): { readonly rows: string; readonly labels: string } {
  const random = stream(3, 'kin')
  const rows = ['option,task,attempt,passed,usd']
  const labels = ['option,task,attempt,passed,rater']
  for (const [option, specificity] of [
    ['kin', 0.1],
    ['other', 0.95],
  ] as const) {
    for (let task = 0; task < 400; task++) {
      const isRight = random.uniform() < 0.5
      const isPassed = random.uniform() < (isRight ? 0.95 : 1 - specificity)
      rows.push(`${option},t${task},1,${isPassed},0.01`)
      if (task < 150) labels.push(`${option},t${task},1,${isRight},ana`)
      if (task < 30) labels.push(`${option},t${task},1,${random.uniform() < 0.9 ? isRight : !isRight},ben`)
    }
  }
  return { rows: rows.join('\n'), labels: labels.join('\n') }
}

test('a judge that favours its own kin ranks it first; each option’s own labels put that right', async () => {
  const { rows, labels } = kinship()
  const tries = file('tries.csv', rows)
  const { json, text } = await rank(tries, '--bar', '0.7', '--labels', file('labels.csv', labels))
  const [kin, other] = ['kin', 'other'].map(name => json.judged!.options.find(({ option }) => option === name)!)
  expect(kin!.raw!.low).toBeGreaterThan(0.85)
  for (const one of [kin!, other!]) {
    expect(one.corrected!.low).toBeLessThan(0.5)
    expect(one.corrected!.high).toBeGreaterThan(0.5)
    expect([one.tries, one.labelled]).toEqual([400, expect.any(Number)])
  }
  // Sensitivity + specificity of the judge on its kin are 1.05: nothing to divide by.
  expect(kin).toMatchObject({ roganGladen: null, refused: expect.stringContaining('coin') })
  expect(other!.roganGladen!.low).toBeLessThan(0.5)
  expect(other!.roganGladen!.high).toBeGreaterThan(0.5)
  expect(kin!.moreLabels).toBeGreaterThan(other!.moreLabels!)
  const [agreement] = json.judged!.agreements
  expect(agreement).toMatchObject({ raters: ['ana', 'ben'], n: 60 })
  expect(agreement!.kappa).toBeGreaterThan(0.6)
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  expect(text).toContain('kin clears 70 % as graded; as people say it does not')
  expect(kin!.bars).toEqual([{ bar: 0.7, meetsBar: 'no' }])
})

test('a later word of one rater counts, a tie of two is no word, and labels of other tries are told', async () => {
  const tries = file('tries.csv', 'option,task,attempt,passed,usd\na,1,1,1,1\na,2,1,1,1\na,3,1,0,1\n')
  const said = [
    ['1', true, 'x'],
    ['1', false, 'x'],
    ['2', true, 'x'],
    ['2', false, 'y'],
    ['3', true, 'x'],
    ['3', null, 'x'],
    ['9', true, 'x'],
  ].map(([task, passed, rater]) => JSON.stringify({ option: 'a', task, attempt: 1, passed, rater }))
  const { json } = await rank(tries, '--labels', file('labels.jsonl', said.join('\n')))
  expect(json.judged).toMatchObject({ unmatched: 1, options: [{ labelled: 1, specificity: { value: 0 } }] })
  const none = file('none.csv', 'option,task,attempt,passed\nb,1,1,1\n')
  await expect(rank(tries, '--labels', none)).rejects.toMatchObject({ code: 'LABELS_UNUSABLE' })
  await expect(rank(tries, '--labels', file('e.csv', 'option,task,passed\n'))).rejects.toMatchObject({
    code: 'NO_ROWS',
  })
})
