// A process for the crash test: appends as fast as it can and says each key once its append has resolved.
import { writeSync } from 'node:fs'
import { settledForTest } from '../core/meter/call-record-for-test.ts'
import { openSpool } from './spool.ts'

const [folder, worker, fsync] = process.argv.slice(2) as [string, string, 'always' | 'interval' | 'never']
const spool = openSpool(folder, { worker, fsync, segmentBytes: 20_000 })
for (let i = 0; ; i++) {
  const key = `${worker}-${process.pid}-${i}`
  const settled = settledForTest({ key, endMicros: i, id: key, model: 'm' })
  await spool.append(settled)
  say(`${key}\n`)
}

/** Whoever listens may be slow, and the pipe full: then it is said once there is room. */
function say(text: string): void {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'EAGAIN') throw thrown
    }
  }
}
