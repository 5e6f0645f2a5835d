// Programs as tasks against real ones: what they leave running keeps no try from its end.
import { tmpdir } from 'node:os'
import { expect, test } from 'vitest'
import { runCommand } from './command.ts'

const work = (script: string) => ({
  kind: 'command' as const,
  command: [process.execPath, '-e', script],
  stdin: null,
  environment: {},
  folder: tmpdir(),
})

test.each([
  ['a child in its own group', ''],
  ['a daemon', 'detached: true, '],
])('a program that ended has answered, though %s holds its output', async (_, more) => {
  const script = `require('child_process').spawn('sleep', ['30'], { ${more}stdio: 'inherit' }).unref(); console.log('done')`
  const run = await runCommand(work(script), {}, AbortSignal.timeout(15_000))
  expect(run).toMatchObject({ exitStatus: 0, ended: 'answered', stdout: 'done\n' })
})
