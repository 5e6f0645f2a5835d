// A hosted offer that states nothing but what a test says of it.
import type { HostedOffer } from '../catalog/offers.ts'

export const offerForTest = (stated: Partial<HostedOffer>): HostedOffer => ({
  id: 'host/model',
  weights: 'deepseek-v3',
  architecture: 'deepseek-v3',
  modelAsListed: 'model',
  host: 'host',
  usdPerMtokInput: null,
  usdPerMtokCacheRead: null,
  usdPerMtokCacheWrite: null,
  usdPerMtokOutput: null,
  weightDtype: null,
  contextTokens: null,
  maxOutputTokens: null,
  tools: null,
  jsonSchema: null,
  vision: null,
  region: null,
  rateLimit: null,
  batchDiscount: null,
  observedAt: '2026-10-01',
  source: 'price page',
  file: 'data/hosted-offers.csv',
  notes: null,
  leftOut: null,
  ...stated,
})
