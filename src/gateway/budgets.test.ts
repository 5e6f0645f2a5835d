import { setTimeout as sleep } from 'node:timers/promises'
import { GoogleGenAI } from '@google/genai'
import OpenAI from 'openai'
import { afterEach, expect, test } from 'vitest'
import type { Opened } from '../core/meter/call-record.ts'
import { openedForTest } from '../core/meter/call-record-for-test.ts'
import { askOf, type BudgetAsk, type Budgets, patient } from './budgets.ts'
import { type Answer, closeAll, world } from './world-for-test.ts'

afterEach(closeAll)

const ok: Answer = (_request, _body, response) => {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.end('{"id":"x","choices":[],"candidates":[]}')
}
const messages = [{ role: 'user' as const, content: 'hi' }]
const clientAt = (port: number) =>
  new OpenAI({ apiKey: 'sk-own', baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 })
const budgets = (reserve: Budgets['reserve']) => {
  const released: string[] = []
  return { released, reserve, release: (key: string) => void released.push(key) }
}

test('what the official clients state as the longest answer is what is asked for, times the answers', async () => {
  const asks: BudgetAsk[] = []
  const granting = budgets(async ask => {
    asks.push(ask)
    return { isGranted: true, reservedUsd: '0.500000000000' }
  })
  const { port, records, seen } = await world(ok, {}, undefined, { budgets: granting })
  const client = clientAt(port)
  await client.chat.completions.create({
    model: 'gpt-5',
    messages,
    max_completion_tokens: 70,
    n: 3,
    service_tier: 'priority',
  })
  await client.chat.completions.create({ model: 'gpt-5', messages, max_tokens: 60, modalities: ['text', 'audio'] })
  await client.responses.create({ model: 'gpt-5', input: 'hi', max_output_tokens: 50 })
  await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hi' }).catch(() => {})
  await client.chat.completions.create({ model: 'gpt-5', messages })
  const gemini = new GoogleGenAI({ apiKey: 'AIza', httpOptions: { baseUrl: `http://127.0.0.1:${port}` } })
  await gemini.models.generateContent({
    model: 'gemini-2.5-flash',
    contents: 'hi',
    config: { maxOutputTokens: 40, candidateCount: 2 },
  })
  const said = asks.map(({ model, outputTokens, answers, tier, hasAudio }) => [
    model,
    outputTokens,
    answers,
    tier,
    hasAudio,
  ])
  expect(said).toEqual([
    ['gpt-5', 70, 3, 'priority', false],
    ['gpt-5', 60, 1, null, true],
    ['gpt-5', 50, 1, null, false],
    ['text-embedding-3-small', 0, 1, null, false],
    ['gpt-5', null, 1, null, false],
    ['gemini-2.5-flash', 40, 2, null, false],
  ])
  // A token stands for one byte at least, and the whole body is more than what the model reads of it.
  expect(asks.map(({ promptTokens }) => promptTokens)).toEqual(seen.map(({ body }) => body.length))
  const opened = records.filter((one): one is Opened => one.kind === 'opened')
  expect(opened.map(({ reservedUsd }) => reservedUsd)).toEqual(Array(6).fill('0.500000000000'))
  expect(granting.released).toEqual([])
})

test('of a body that was not read nobody can say what it uses', () => {
  expect(askOf(openedForTest({ key: 'a' }), null, null)).toMatchObject({ promptTokens: null })
  expect(askOf(openedForTest({ key: 'a' }), null, 1000)).toMatchObject({ promptTokens: null })
})

test.each([
  ['pass', 200],
  ['reject', 503],
] as const)('while budgets cannot be asked, calls %s, which is counted and said', async (onMeterFailure, status) => {
  const said: string[] = []
  const failing = budgets(() => Promise.reject(new Error('nobody there')))
  const { port, records, gateway, seen } = await world(ok, { onMeterFailure }, undefined, {
    budgets: failing,
    shout: text => said.push(text),
  })
  const answer = await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: 'POST',
    body: '{"model":"gpt-5"}',
  })
  expect(answer.status).toBe(status)
  await answer.text()
  expect(gateway.counters.unasked).toBe(1)
  expect(said).toEqual(['budgets were not asked: nobody there'])
  expect(records.length).toBe(status === 200 ? 2 : 0)
  expect(seen.length).toBe(status === 200 ? 1 : 0)
})

test('a call whose record is refused, so that it does not go on, is let go', async () => {
  const granting = budgets(async () => ({ isGranted: true, reservedUsd: '1.000000000000' }))
  const broken = () => Promise.reject(new Error('disk full'))
  const { port } = await world(ok, { onMeterFailure: 'reject' }, broken, { budgets: granting })
  await expect(clientAt(port).chat.completions.create({ model: 'gpt-5', messages })).rejects.toMatchObject({
    status: 503,
  })
  expect(granting.released).toEqual(['k1'])
})

test('an authority that hangs is waited for once; then every call goes on soon, until it answers again', async () => {
  let hangs = true
  const reserve = patient(
    {
      reserve: () => (hangs ? new Promise(() => {}) : Promise.resolve({ isGranted: true, reservedUsd: null })),
      release: () => {},
    },
    { patienceMs: 100, impatienceMs: 10 },
  )
  const ask = askOf(openedForTest({ key: 'a' }), {}, 1)
  await expect(reserve(ask)).rejects.toThrow('within 100 ms')
  await expect(reserve(ask)).rejects.toThrow('within 10 ms')
  hangs = false
  await reserve(ask)
  await sleep(1)
  hangs = true
  await expect(reserve(ask)).rejects.toThrow('within 100 ms')
})
