import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { defaultQuestion } from '../ask/question.ts'
import { evidenceOf } from './answers.ts'
import { importFile } from './operations.ts'
import { openWorkplace } from './workplace.ts'

const io = { file: null, progress: () => {}, note: () => {} }

test('calls that go while they are read (the sample, when calls of one’s own come) are asked for once more, not given up', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-answers-'))
  const workplace = openWorkplace({ dataDir: folder, inMemory: true })
  try {
    const rows = Array.from(
      { length: 60 },
      (_, i) => `2026-11-02T10:${String(i).padStart(2, '0')}:00Z,openai,gpt-5,900,80`,
    )
    const path = join(folder, 'calls.csv')
    writeFileSync(path, ['time,provider,model,input_tokens,output_tokens', ...rows, ''].join('\n'))
    await importFile.run(workplace, {}, { ...io, file: { path, name: 'calls.csv' } })
    const ledger = await workplace.ledger()
    const going = (times: number) => {
      const demand: typeof ledger.demand = async (...asked) => (times-- > 0 ? null : ledger.demand(...asked))
      const still: typeof ledger.still = read => read({ ...ledger, demand })
      return { ...workplace, ledger: async () => ({ ...ledger, still }) }
    }
    const question = { ...defaultQuestion, otherModels: [] }
    expect((await evidenceOf(going(1), question, io)).demand.calls).toBe(60)
    await expect(evidenceOf(going(9), { ...question, seed: 2 }, io)).rejects.toMatchObject({ code: 'LEDGER_CHANGED' })
  } finally {
    await workplace.close()
    rmSync(folder, { recursive: true, force: true })
  }
})
