import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { closeAll, listening } from '../gateway/world-for-test.ts'
import { toWriter } from './to-writer.ts'

afterEach(closeAll)

test('who waits for the writer hears of it at once, though another lost patience before', async () => {
  const writerPort = await listening(createServer((_, response) => void response.end('answer')))
  const { relay, readdress } = toWriter(1000)
  const port = await listening(createServer((request, response) => relay(request, response)))
  const ask = async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/`)
    return { status, at: performance.now() }
  }
  const impatient = ask()
  await sleep(700)
  const waits = ask()
  expect((await impatient).status).toBe(503)
  const since = performance.now()
  readdress({ url: `http://127.0.0.1:${writerPort}`, budgetsUrl: null, isReady: true, hasLedger: true })
  const { status, at } = await waits
  expect(status).toBe(200)
  expect(at - since).toBeLessThan(400)
})
