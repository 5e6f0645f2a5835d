// A run whose answers a model judges: through the same gateway, its money apart, blind, and told as unknown where it says nothing.
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AttemptRow } from '../../core/decide/quality/attempt-row.ts'
import { add, formatUsd, parseUsd, zero } from '../../core/meter/money.ts'
import type { Report } from '../../server/operations.ts'
import { runForTest } from '../commands/frame-for-test.ts'
import { report } from '../commands/report.ts'
import { tasks } from '../commands/tasks.ts'

let folder: string
let server: Server
let url: string
const judged: string[] = []

/** `-wrong` models answer 5, others 4; what asks for a verdict gets one by what the answer is, from `gpt-5-nano` only rubbish. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'crossline-judge-'))
  judged.length = 0
  server = createServer((asked, response) => {
    let body = ''
    asked.on('data', (piece: Buffer) => {
      body += piece.toString()
    })
    asked.on('end', () => {
      // It is asked what it is before it is tried.
      if (body === '') return void response.writeHead(404).end()
      const { model, messages } = JSON.parse(body) as { model: string; messages: { content: string }[] }
      const isJudge = body.includes('Rubric:')
      if (isJudge) judged.push(JSON.stringify({ headers: asked.headers, body }))
      const said = messages.at(-1)!.content
      const verdict = /Answer:\n<[^>]+>\n4\n/.test(said) ? 'pass' : 'fail'
      const word = model === 'gpt-5-nano' ? 'Hard to say.' : `{"reason": "so", "verdict": "${verdict}"}`
      const content = isJudge ? word : model.endsWith('-wrong') ? '5' : '4'
      response.writeHead(200, { 'content-type': 'application/json' })
      const usage = { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 }
      response.end(
        JSON.stringify({
          id: `${Math.random()}`,
          model,
          choices: [{ message: { content }, finish_reason: 'stop' }],
          usage,
        }),
      )
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

async function run(judge: string): Promise<readonly AttemptRow[]> {
  const path = join(folder, 'tasks.yaml')
  writeFileSync(
    path,
    `graders: [{ kind: combined, pass: any, graders: [{ kind: judge, rubric: It says four., ${judge} }] }]
options:
  right: { upstream: openai, model: gpt-5-mini }
  wrong: { upstream: openai, model: gpt-5-mini-wrong, provider: openai }
  referee: { url: '${url}', model: gpt-5-mini, provider: openai, hosting: api }
tasks:
  - { id: a, prompt: '2 + 2' }
  - { id: b, prompt: '1 + 3' }
`,
  )
  const settings = { gateway: { upstreams: { openai: { url, provider: 'openai' } } } }
  const words = ['tasks', 'run', path, '--only', 'right,wrong', '--new']
  const ran = await runForTest<{ attempts: string }>(tasks, words, { data: join(folder, 'data') }, settings)
  return readFileSync(ran.json.attempts, 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as AttemptRow)
}

test.each([
  'upstream: openai, model: gpt-5-mini',
  'option: referee',
])('a judge (%s) passes and fails; its money is apart, and metered as judging', async judge => {
  const rows = await run(judge)
  expect(rows.map(({ option, passed }) => `${option} ${passed}`)).toEqual([
    'right true',
    'right true',
    'wrong false',
    'wrong false',
  ])
  expect(judged).toHaveLength(4)
  // Neither words nor headers tell the judge whose answer it is.
  for (const text of judged) expect(text).not.toMatch(/"right"|"wrong"|gpt-5-mini-wrong|x-crossline/)
  const { json } = await runForTest<Report>(report, ['report', '--by', 'tag:purpose'], { data: join(folder, 'data') })
  const judging = json.rows.find(({ key }) => key['tag:purpose'] === 'judge')!
  expect(judging.calls).toBe(4)
  const sum = rows.map(({ judgeUsd }) => parseUsd(judgeUsd!)).reduce(add, zero)
  expect(sum).toBeGreaterThan(0n)
  expect(formatUsd(sum)).toBe(judging.usd)
})

test('law 4: a judge that writes rubbish leaves tries unknown, and a judge that does not exist is refused before anything is asked', async () => {
  const rows = await run('upstream: openai, model: gpt-5-nano')
  expect(rows.every(({ passed, problem }) => passed === null && problem!.includes('no verdict'))).toBe(true)
  await expect(run('upstream: opnai, model: x')).rejects.toMatchObject({ code: 'UPSTREAM_UNKNOWN' })
  await expect(run('option: nobody')).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
  await expect(run('model: x')).rejects.toMatchObject({ message: expect.stringContaining('expected an option') })
})
