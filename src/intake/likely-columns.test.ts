import { expect, test } from 'vitest'
import { detect } from './detect.ts'
import { readHead } from './head.ts'
import { likelyMap } from './likely-columns.ts'

test.each([
  // A BI tool's words, a script's, camel case.
  [
    ['Request Date', 'Model Name', 'Prompt Tokens Used', 'Completion Tokens Used', 'Cost (USD)'],
    "--map 'time=Request Date' --map 'input=Prompt Tokens Used' --map 'output=Completion Tokens Used' --map 'model=Model Name'",
  ],
  [
    ['log_ts', 'llm_model', 'nTokIn', 'nTokOut'],
    '--map time=log_ts --map input=nTokIn --map output=nTokOut --map model=llm_model',
  ],
  // Two that sound alike are no guess, and neither is another language.
  [['sent_time', 'done_time', 'in_tokens_a'], '--map time=COLUMN --map input=in_tokens_a --map output=COLUMN'],
  [['Datum', 'Modell', 'Eingabe'], '--map time=COLUMN --map input=COLUMN --map output=COLUMN'],
  [["when it's"], `--map 'time=when it'\\''s' --map input=COLUMN --map output=COLUMN`],
])('of the columns %j a shell is given the likely ones', (columns, map) => {
  expect(likelyMap(columns, ['time', 'input', 'output', 'model'], [])).toBe(map)
})

test('a table that no format reads says what it lacks and what its own columns may be, and not every format there is', () => {
  const text = 'Request Date,model,Tokens (prompt),Tokens (answer)\n2026-10-01T00:00:00Z,gpt-5,10,20\n'
  expect(() => detect(readHead('log.csv', { head: text }), {})).toThrow(
    expect.objectContaining({
      message:
        'no format reads the columns Request Date, model, Tokens (prompt), Tokens (answer): no time, input, output',
      fix: "name them, if these are they: --map 'time=Request Date' --map 'input=Tokens (prompt)' --map 'output=Tokens (answer)'",
    }),
  )
})

test('tokens in and out are read by those names', () => {
  const text = 'created,model_id,in_tokens,out_tokens,latency\n1790812800,gpt-5,10,20,1\n'
  expect(detect(readHead('log.csv', { head: text }), {}).name).toBe('csv')
})
