// Records of a gateway that say nothing but what a test says of them.
import { nobody } from './call.ts'
import type { Opened, Settled } from './call-record.ts'
import { unknownUsage } from './usage.ts'

/** A chat call by a feature `search`, when it began. */
export const openedForTest = (stated: Partial<Opened> & Pick<Opened, 'key'>): Opened => ({
  kind: 'opened',
  atMicros: 1_764_000_000_000_000,
  upstream: 'openai',
  provider: 'openai',
  wire: 'openai.chat',
  model: 'gpt-4o',
  path: '/v1/chat/completions',
  stream: false,
  attribution: { ...nobody, feature: 'search' },
  tags: {},
  needs: [],
  prefix: null,
  ...stated,
})

/** Its whole answer, of which nobody told the usage. */
export const settledForTest = (stated: Partial<Settled> & Pick<Settled, 'key'>): Settled => ({
  kind: 'settled',
  endMicros: 1_764_000_001_000_000,
  status: 200,
  outcome: 'ok',
  id: 'r',
  model: 'gpt-4o-2024-08-06',
  usage: unknownUsage,
  known: false,
  complete: true,
  estimated: false,
  tier: null,
  region: null,
  speed: null,
  reportedUsd: null,
  stopReason: null,
  rawUsage: null,
  ttftMs: null,
  latencyMs: null,
  error: null,
  ...stated,
})
