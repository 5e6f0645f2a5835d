import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { countParameters, type Model } from './model.ts'

const models: readonly Model[] = JSON.parse(
  readFileSync(new URL('../../../../data/models.json', import.meta.url), 'utf8'),
).models

// Published totals that are too round to be within 1 %: the reason stands beside the row.
const roundFigures: Readonly<Record<string, string>> = {
  'deepseek-v4-pro': 'published as "1.6T"; recounted 1.573T',
}

test('every published parameter count is recounted from the architecture to within 1 %, or the row says why not', () => {
  expect(models.length).toBeGreaterThanOrEqual(82)
  const off = models.filter(model => Math.abs(countParameters(model).total / model.totalParams - 1) > 0.01)
  expect(off.map(model => model.id)).toEqual(Object.keys(roundFigures))
})

test('the recount agrees part by part with the catalog: attention, experts, parameters active per token', () => {
  for (const model of models) {
    const count = countParameters(model)
    expect(Math.abs(count.attention / model.attentionParamsComputed - 1), model.id).toBeLessThan(0.001)
    expect(count.experts, model.id).toBeCloseTo(model.expertParamsComputed, -9)
    expect(Math.abs(count.active / model.activeParamsComputed - 1), model.id).toBeLessThan(0.005)
  }
})

test('safetensors totals of well-known checkpoints are met to the parameter, but for norms', () => {
  // Hugging Face model pages, "Model size": 8,030,261,248 / 70,553,706,496 / 46,702,792,704.
  const published = { 'llama-3.1-8b': 8030261248, 'llama-3.1-70b': 70553706496, 'mixtral-8x7b': 46702792704 }
  for (const [id, total] of Object.entries(published)) {
    expect(countParameters(models.find(model => model.id === id)!).total).toBe(total)
  }
})
