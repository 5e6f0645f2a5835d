// An agent as teams write them: the official libraries, which find their way by the environment; it says what the models said.
import Anthropic from '@anthropic-ai/sdk'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'

const model = process.env.CROSSLINE_MODEL
const [what, question] = process.argv.slice(2)

async function ask() {
  if (process.env.CROSSLINE_WIRE === 'anthropic.messages') {
    const answer = await new Anthropic({ maxRetries: 0 }).messages.create({
      model,
      max_tokens: 20,
      messages: [{ role: 'user', content: question }],
    })
    return answer.content[0].text
  }
  if (process.env.CROSSLINE_WIRE === 'gemini.generateContent') {
    const client = new GoogleGenAI({ httpOptions: { baseUrl: process.env.GOOGLE_GEMINI_BASE_URL } })
    return (await client.models.generateContent({ model, contents: question })).text
  }
  const client = new OpenAI({ maxRetries: 0 })
  const answer = await client.chat.completions.create({
    model,
    max_tokens: 20,
    messages: [{ role: 'user', content: question }],
  })
  return answer.choices[0].message.content
}

if (what === 'loop') for (;;) await ask().catch(() => {})
if (what === 'sleep') await new Promise(done => setTimeout(done, 60_000))
if (what === 'silent') process.exit(0)
const said = [await ask(), await ask()]
process.stdout.write(said[1])
if (what === 'fail') process.exit(3)
