// A provider on this machine for the pages of docs/: whatever chat it is asked, it answers with one recorded of OpenAI. Of the
// tickets in docs/tickets.csv it knows what the customer wants; a small model hedges on the hard ones, or is wrong.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { parse } from 'csv-parse/sync'
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
      const asked = JSON.parse(body)
      const isStream = asked.stream === true
      response.writeHead(200, { 'content-type': isStream ? 'text/event-stream' : 'application/json' })
      response.end(isStream ? events : (ticketAnswer(asked, body.length) ?? answer))
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

const tickets = parse(readFileSync(join(root, 'docs/tickets.csv')), { columns: true })

/** Null where no ticket is asked about. */
function ticketAnswer({ model, messages }, bytes) {
  const text = JSON.stringify(messages.at(-1).content)
  const ticket = tickets.find(one => text.includes(JSON.stringify(one.text).slice(1, -1)))
  if (ticket === undefined) return null
  const isHedging = model.endsWith('mini') && ticket.difficulty === 'hard'
  const content = isHedging ? (ticket.id === 't08' ? 'question' : `Perhaps a ${ticket.wants}?`) : ticket.wants
  return JSON.stringify({
    id: `chatcmpl-${ticket.id}`,
    object: 'chat.completion',
    model,
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage: {
      prompt_tokens: Math.ceil(bytes / 4),
      completion_tokens: Math.ceil(content.length / 4),
      total_tokens: Math.ceil(bytes / 4) + Math.ceil(content.length / 4),
    },
  })
}
