// The command grader against real programs: a score, a test runner's status, crashes, and what it leaves running.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { answerOf, toolsFor } from './answer-for-test.ts'
import { gradeOnce } from './grade-answer.ts'

const node = (script: string, more: object = {}) => ({
  kind: 'command',
  command: [process.execPath, '-e', script],
  ...more,
})
const grade = (spec: { kind: string }, text = 'abc') =>
  gradeOnce(spec, answerOf(text, { want: 'abc' }), { ...toolsFor(), folder: tmpdir() })

test('a program reads task and answer as JSON, and its last line is its word', async () => {
  const script = `let t='';process.stdin.on('data',d=>t+=d).on('end',()=>{const {task,answer}=JSON.parse(t);
    console.log('checking…');console.log(JSON.stringify({score: answer.text===task.expected.want?1:0.25,reason:task.id}))})`
  expect(await grade(node(script))).toMatchObject({ pass: true, score: 1 })
  expect(await grade(node(script), 'abd')).toMatchObject({ pass: false, score: 0.25, reason: 'command: t1' })
  expect(await grade(node(script, { threshold: 0.2 }), 'abd')).toMatchObject({ pass: true, score: 0.25 })
})

test.each([
  ['console.log(1)', true],
  ['console.log("0.5")', false],
  ['console.log("PASS")', true],
  ['console.log("failed")', false],
  ['console.log(1.5)', null],
  ['console.log("well…")', null],
  ['console.log(JSON.stringify({ pass: null, reason: "no network" }))', null],
  ['', null],
  ['console.log(1); process.exit(3)', null],
  ['console.log(1); throw new Error("oh")', null],
  ['console.log(1); process.kill(process.pid, "SIGSEGV")', null],
  // Not console.log, which keeps in memory what the pipe has no room for and writes it only once the loop is over.
  ['for (;;) require("fs").writeSync(1, "x".repeat(99999))', null],
])('%s is %s', async (script, pass) => {
  expect((await grade(node(script))).pass).toBe(pass)
})

test('a daemon that it leaves behind, which holds its output, keeps nobody waiting', async () => {
  const daemon = `require('child_process').spawn('sleep', ['30'], { detached: true, stdio: 'inherit' }).unref()`
  expect(await grade(node(`${daemon}; console.log(1)`, { seconds: 20 }))).toMatchObject({ pass: true })
})

test('by its status: 0 passes, 1 fails as test runners have it, all else is its own crash', async () => {
  const python = spawnSync('python3', ['--version']).status === 0
  const status = (code: number) => grade(node(`process.exit(${code})`, { by: 'status' }))
  expect((await status(0)).pass).toBe(true)
  expect((await status(1)).pass).toBe(false)
  expect((await status(2)).pass).toBe(null)
  if (!python) return
  const unit = (body: string) => ({
    kind: 'command',
    by: 'status',
    command: [
      'python3',
      '-c',
      `import unittest\nclass T(unittest.TestCase):\n  def test(self): ${body}\nunittest.main()`,
    ],
  })
  expect(await grade(unit('self.assertEqual(1, 1)'))).toMatchObject({ pass: true })
  expect(await grade(unit('self.assertEqual(1, 2)'))).toMatchObject({ pass: false })
})

test('what a program leaves running is gone with it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'crossline-grader-'))
  try {
    const mark = join(folder, 'pid')
    const spec = { kind: 'command', command: ['sh', '-c', `sleep 60 & echo $! > ${mark}; echo 1`] }
    expect(await grade(spec)).toMatchObject({ pass: true })
    const pid = Number(readFileSync(mark, 'utf8'))
    const isThere = () => spawnSync('kill', ['-0', `${pid}`]).status === 0
    // A killed process is there until its parent has read its end.
    const state = () => spawnSync('ps', ['-o', 'stat=', '-p', `${pid}`], { encoding: 'utf8' }).stdout.trim()
    expect(isThere() && !state().startsWith('Z')).toBe(false)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
