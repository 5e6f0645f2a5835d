// The authority of the budgets in the writer's process → where the gateways ask it, on a port that only they know.
import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { BudgetAsk, Budgets } from '../gateway/budgets.ts'

/** What a gateway asks: plain values both ways. */
export type BudgetQuestion = { readonly reserve: BudgetAsk } | { readonly release: string }

/** Listens on loopback. Its address has a part that nobody can guess: other programs of this machine may not spend budgets. */
export async function serveBudgets(budgets: Budgets): Promise<{ readonly url: string; close(): void }> {
  const path = `/${randomBytes(24).toString('hex')}`
  const server = createServer(async (request, response) => {
    if (request.url !== path) return void response.writeHead(404).end()
    try {
      const question = JSON.parse(await textOf(request)) as BudgetQuestion
      if ('release' in question) budgets.release(question.release)
      const answer = 'reserve' in question ? await budgets.reserve(question.reserve) : {}
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    } catch (thrown) {
      response.writeHead(503).end(thrown instanceof Error ? thrown.message : String(thrown))
    }
  })
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(0, '127.0.0.1', done)
  })
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = []
  for await (const piece of request) pieces.push(piece as Buffer)
  return Buffer.concat(pieces).toString('utf8')
}
