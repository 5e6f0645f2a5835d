// A call of which nothing is known but what a test says of it.
import { type Attribution, type Call, nobody } from './call.ts'
import { noUsage } from './usage.ts'

type Stated = Partial<Omit<Call, 'attribution'>> & { readonly attribution?: Partial<Attribution> }

export const callForTest = ({ attribution, ...stated }: Stated): Call => ({
  source: 'gateway',
  id: '0',
  atMicros: 0,
  provider: null,
  model: null,
  usage: noUsage,
  tier: null,
  region: null,
  speed: null,
  outcome: 'ok',
  ttftMs: null,
  latencyMs: null,
  attribution: { ...nobody, ...attribution },
  tags: {},
  prefixBlocks: null,
  reportedUsd: null,
  estimated: false,
  price: { usd: null, reason: 'unknown' },
  ...stated,
})
