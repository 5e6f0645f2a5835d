// A provider on this machine for the pages of docs/: whatever chat it is asked, it answers with one recorded of OpenAI.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { root } from './checkout.mjs'

const recorded = name => readFileSync(join(root, 'test/fixtures/wire', name), 'utf8')

export async function startProvider() {
  const whole = JSON.parse(recorded('openai-chat.json'))
  whole.choices[0].message.content = 'Hello!'
  const answer = JSON.stringify(whole)
  const events = recorded('openai-chat-stream.sse')
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => {
      body += piece
    })
    request.on('end', () => {
      const isStream = JSON.parse(body).stream === true
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
      response.end(isStream ? events : answer)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
