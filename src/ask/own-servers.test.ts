import { expect, test } from 'vitest'
import { callForTest } from '../core/meter/call-for-test.ts'
import { noUsage } from '../core/meter/usage.ts'
import { openMemory } from '../ledger/memory.ts'
import { ownServersOf } from './own-servers.ts'
import { defaultQuestion } from './question.ts'
import { askedCalls } from './slices.ts'

async function served(own: number, question: Partial<typeof defaultQuestion> = {}) {
  const ledger = openMemory()
  await ledger.append(
    Array.from({ length: 400 }, (_, i) =>
      callForTest({
        id: String(i),
        atMicros: 1_767_571_200e6 + i * 1e6,
        provider: i < own ? 'hosted_vllm' : 'together',
        model: 'meta-llama/Llama-3.1-8B-Instruct',
        usage: { ...noUsage, input: 100, output: 11 },
        price: { usd: null, reason: 'unknown' },
        ttftMs: i < own ? 500 : 90,
        latencyMs: i < own ? 800 : 190,
      }),
    ),
  )
  const asked = { ...defaultQuestion, ...question }
  return ownServersOf(asked, ledger, await askedCalls(asked, ledger))
}

test('what own servers delivered is told of their calls alone, and of none that are to run as another model', async () => {
  expect(await served(300)).toEqual({ calls: 300, share: 0.75, ttftP95Ms: 500, tpotP95Ms: 30 })
  expect(await served(300, { asModel: 'llama-3.1-70b' })).toBeNull()
  expect(await served(0)).toBeNull()
  // Too few to know a 95th percentile by.
  expect(await served(50)).toBeNull()
})
