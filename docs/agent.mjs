// A program that makes its own calls: it asks twice, and says what it heard last.
let question = ''
for await (const piece of process.stdin) question += piece
const { OPENAI_BASE_URL, OPENAI_API_KEY, CROSSLINE_MODEL } = process.env

async function ask(content) {
  const response = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${OPENAI_API_KEY}` },
    body: JSON.stringify({ model: CROSSLINE_MODEL, messages: [{ role: 'user', content }] }),
  })
  return (await response.json()).choices[0].message.content
}

await ask(question)
console.log(await ask(question))
