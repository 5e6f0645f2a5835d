// A writer that dies, comes back or closes what is idle: who asks it for budgets waits for it without asking in vain.
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import type { BudgetAsk } from '../gateway/budgets.ts'
import { budgetsOfWriter } from './budgets-of-writer.ts'
import { serveBudgets } from './serve-budgets.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listening(server: Server): Promise<string> {
  servers.push(server)
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

const call = { key: 'k1' } as BudgetAsk
const granted = { isGranted: true, reservedUsd: '0.1' } as const

test('a writer that dies is asked once, and the next one as soon as it is there', async () => {
  let tries = 0
  const dying = createServer(socket => {
    tries++
    socket.destroy()
  })
  const budgets = budgetsOfWriter()
  const early = budgets.reserve(call)
  budgets.readdress(await listening(dying))
  await sleep(300)
  expect(tries).toBe(1)
  budgets.readdress(null)
  await sleep(100)
  const heard: unknown[] = []
  const next = await serveBudgets({
    async reserve(asked) {
      heard.push(asked)
      return granted
    },
    release: () => {},
  })
  const since = performance.now()
  const late = budgets.reserve(call)
  budgets.readdress(next.url)
  expect(await Promise.all([early, late])).toEqual([granted, granted])
  expect(performance.now() - since).toBeLessThan(500)
  expect(heard).toEqual([call, call])
  expect(tries).toBe(1)
  next.close()
})

test('a connection that was closed while it was idle is not the writer’s death: another is opened at once', async () => {
  let requests = 0
  const server = createHttpServer((request, response) => {
    requests++
    if (requests === 2) request.socket.destroy()
    else response.end(JSON.stringify(granted))
  })
  const budgets = budgetsOfWriter()
  budgets.readdress(await listening(server))
  expect(await budgets.reserve(call)).toEqual(granted)
  await sleep(20)
  const since = performance.now()
  expect(await budgets.reserve(call)).toEqual(granted)
  expect([requests, performance.now() - since < 500]).toEqual([3, true])
  server.closeAllConnections()
})

test('nobody who comes back is waited for no longer than calls are held', async () => {
  const budgets = budgetsOfWriter(200)
  const since = performance.now()
  await expect(budgets.reserve(call)).rejects.toThrow('the process that keeps them is not there')
  expect(performance.now() - since).toBeLessThan(600)
})
