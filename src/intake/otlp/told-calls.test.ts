// Spans around calls that tell of the same calls: each call counts once, however its spans come.
import { expect, test } from 'vitest'
import { jsonRequest, type TestSpan } from '../../../test/otlp.ts'
import { spansOfJson } from './json.ts'
import { callsOfSpans } from './read.ts'
import { nothingBefore } from './told-calls.ts'

const traceId = 'ab'.repeat(16)
const id = (n: number): string => n.toString(16).padStart(16, '0')

/** As LangChain's instrumentation of OpenInference makes them, with the spans of OpenAI's beside: both are of kind LLM. */
const chatOpenAi: TestSpan = {
  traceId,
  spanId: id(2),
  parentId: id(1),
  name: 'ChatOpenAI',
  scope: 'openinference.instrumentation.langchain',
  attributes: {
    'openinference.span.kind': 'LLM',
    'llm.model_name': 'gpt-4o',
    'llm.token_count.prompt': 1200,
    'llm.token_count.prompt_details.cache_read': 1024,
    'llm.token_count.completion': 80,
    'llm.token_count.total': 1280,
    metadata: '{"user_id":"u-7","feature":"search"}',
  },
}
const chatCompletion: TestSpan = {
  traceId,
  spanId: id(3),
  parentId: id(2),
  name: 'ChatCompletion',
  scope: 'openinference.instrumentation.openai',
  attributes: {
    'openinference.span.kind': 'LLM',
    'llm.provider': 'openai',
    'llm.model_name': 'gpt-4o-2024-08-06',
    'llm.token_count.prompt': 1200,
    'llm.token_count.prompt_details.cache_read': 1024,
    'llm.token_count.completion': 80,
    'llm.token_count.total': 1280,
  },
}
const chain: TestSpan = {
  traceId,
  spanId: id(1),
  name: 'RunnableSequence',
  attributes: { 'openinference.span.kind': 'CHAIN' },
}

const read = (...requests: readonly (readonly TestSpan[])[]) => {
  const before = nothingBefore()
  return requests.map(spans => callsOfSpans(spansOfJson(jsonRequest(spans)), before))
}
/** What a ledger that knows calls by their names would hold. */
const held = (...requests: readonly (readonly TestSpan[])[]) =>
  new Map(
    read(...requests)
      .flatMap(({ calls }) => calls)
      .map(call => [call.id, call]),
  )

test("a wrapper's span of a call and the call's own are one call, attributed by both", () => {
  for (const spans of [
    [chatCompletion, chatOpenAi, chain],
    [chain, chatOpenAi, chatCompletion],
  ]) {
    const [{ calls, leftOut }] = read(spans) as [ReturnType<typeof callsOfSpans>]
    expect(calls).toHaveLength(1)
    expect(leftOut).toHaveLength(2)
    expect(calls[0]).toMatchObject({
      provider: 'openai',
      model: 'gpt-4o-2024-08-06',
      usage: { input: 176, cacheRead: 1024, output: 80 },
      attribution: { user: 'u-7', feature: 'search' },
    })
  }
})

test('it is one call too where its spans come one by one, in either order, and again', () => {
  expect(held([chatCompletion], [chatOpenAi], [chain]).size).toBe(1)
  expect(held([chain], [chatOpenAi], [chatCompletion]).size).toBe(1)
  expect(held([chatCompletion], [chatCompletion, chatOpenAi], [chatOpenAi], [chatCompletion]).size).toBe(1)
})

test('spans of other work between the two do not hide it', () => {
  const between: TestSpan = { traceId, spanId: id(9), parentId: id(2), name: 'retry', attributes: {} }
  const inner = { ...chatCompletion, parentId: id(9) }
  expect(held([inner, between, chatOpenAi, chain]).size).toBe(1)
  expect(held([inner], [between], [chatOpenAi]).size).toBe(1)
})

const call = (n: number, parent: number, input: number | null, output: number | null, response?: string): TestSpan => ({
  traceId,
  spanId: id(n),
  parentId: id(parent),
  attributes: {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    ...(input === null ? {} : { 'gen_ai.usage.input_tokens': input }),
    ...(output === null ? {} : { 'gen_ai.usage.output_tokens': output }),
    ...(response === undefined ? {} : { 'gen_ai.response.id': response }),
  },
})

test('a span that tells the sum of the calls in it, as agents do, is none, whatever it calls itself', () => {
  const calls = held([call(5, 4, 100, 10, 'resp_a1'), call(6, 4, 200, 20, 'resp_a2'), call(4, 0, 300, 30)])
  expect([...calls.keys()].sort()).toEqual(['resp_a1', 'resp_a2'])
  // So is one around that, and one that tells nothing.
  const nested = held([
    call(5, 4, 100, 10),
    call(6, 4, 200, 20),
    call(4, 3, 300, 30),
    call(3, 2, 300, 30),
    call(2, 0, null, null),
  ])
  expect([...nested.keys()].sort()).toEqual([`${traceId}:${id(5)}`, `${traceId}:${id(6)}`])
})

test('a call that tells no tokens has those that only a span around it tells', () => {
  const [{ calls }] = read([call(5, 4, null, null, 'resp_a1'), call(4, 0, 300, 30)]) as [
    ReturnType<typeof callsOfSpans>,
  ]
  expect(calls).toMatchObject([{ id: 'resp_a1', usage: { input: 300, output: 30 } }])
})

test('a call in whose span another response was asked for is a call of its own', () => {
  expect(held([call(5, 4, 100, 10, 'resp_a1'), call(4, 0, 100, 10, 'resp_a2')]).size).toBe(2)
  expect(held([call(5, 4, 100, 10), call(4, 0, 300, 30)]).size).toBe(2)
})

test('ids that go round in a circle, or name themselves, end', () => {
  expect(held([call(1, 2, 1, 1), call(2, 1, 1, 1)]).size).toBeGreaterThan(0)
  expect(held([call(1, 1, 1, 1)]).size).toBe(1)
})

test('of a call that other calls ran in the span around it, that span is none, and the others are calls', () => {
  // As Google's ADK nests them: the step of an agent, the request that it made, and an agent that a tool of it ran.
  const calls = held([
    call(5, 4, 100, 10),
    call(7, 6, 900, 90),
    call(6, 4, 900, 90),
    call(4, 3, 100, 10),
    call(3, 0, 1000, 100),
  ])
  expect([...calls.keys()].sort()).toEqual([`${traceId}:${id(5)}`, `${traceId}:${id(7)}`])
})

test('what each of several spans around a call says of whose it was is kept', () => {
  const spans = [
    call(5, 4, 100, 10, 'resp_a1'),
    { ...call(4, 3, 100, 10), attributes: { ...call(4, 3, 100, 10).attributes, 'user.id': 'u-1' } },
    { ...call(3, 0, 100, 10), attributes: { ...call(3, 0, 100, 10).attributes, 'crossline.feature': 'search' } },
  ]
  expect([...held(spans).values()]).toMatchObject([{ id: 'resp_a1', attribution: { user: 'u-1', feature: 'search' } }])
})
