import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { modelById, useOwnFacts } from '../../catalog/facts.ts'
import type { Model } from '../../core/serving/hardware/model.ts'
import { runForTest } from './frame-for-test.ts'
import { models } from './models.ts'

const folder = () => mkdtempSync(join(tmpdir(), 'models-'))
const config = {
  model_type: 'llama',
  hidden_size: 4096,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  intermediate_size: 14_336,
  vocab_size: 128_256,
  max_position_embeddings: 131_072,
}

/** Runs the words beside a crossline.yaml in `beside`. */
const run = (beside: string, ...words: string[]) =>
  runForTest<unknown>(models, words, { config: join(beside, 'crossline.yaml') })

function configFile(beside: string, text = JSON.stringify(config)): string {
  const path = join(beside, 'config.json')
  writeFileSync(path, text)
  return path
}

afterEach(() => {
  useOwnFacts(join(folder(), 'crossline.yaml'))
})

test('an added model is known by its name to everything beside the same crossline.yaml, and to nothing else', async () => {
  const beside = folder()
  const { json, text } = await run(beside, 'models', 'add', configFile(beside), '--id', 'Our-8B')
  expect((json as { model: Model }).model).toMatchObject({ id: 'our-8b', totalParams: 8_030_261_248 })
  expect(text).toContain('8.030B parameters')
  useOwnFacts(join(beside, 'crossline.yaml'))
  expect(modelById('our-8b').kvBytesPerTokenBf16).toBe(131_072)
  const { json: listed } = await run(beside, 'models', 'list')
  const own = (listed as { models: (Model & { own: boolean })[] }).models.filter(row => row.own)
  expect(own.map(({ id }) => id)).toEqual(['our-8b'])
  useOwnFacts(join(folder(), 'crossline.yaml'))
  expect(() => modelById('our-8b')).toThrow(/no model "our-8b"/)
})

test('added again it is replaced; a shipped id, a file that is no config and a name that says nothing are refused', async () => {
  const beside = folder()
  const path = configFile(beside)
  await run(beside, 'models', 'add', path, '--id', 'ours')
  const again = await run(beside, 'models', 'add', path, '--id', 'ours', '--dtype', 'fp8')
  expect(again.json).toMatchObject({ replaced: true, model: { nativeDtype: 'fp8' } })
  const before = readFileSync(join(beside, 'crossline.models.json'), 'utf8')
  await expect(run(beside, 'models', 'add', path, '--id', 'llama-3.1-8b')).rejects.toThrow(/shipped catalog/)
  await expect(run(beside, 'models', 'add', join(beside, 'none.json'), '--id', 'x')).rejects.toThrow(/no such file/)
  await expect(run(beside, 'models', 'add', configFile(beside, '{"hidden'), '--id', 'x')).rejects.toThrow(/not JSON/)
  await expect(run(beside, 'models', 'add', configFile(beside), '--id', '///')).rejects.toThrow(/does not name/)
  expect(readFileSync(join(beside, 'crossline.models.json'), 'utf8')).toBe(before)
})

test('published configs with Infinity in a field that is not read are read', async () => {
  const beside = folder()
  const text = JSON.stringify({ ...config, time_step_limit: [0, 1] }).replace('[0,1]', '[0.0, Infinity]')
  const { json } = await run(beside, 'models', 'add', configFile(beside, text), '--id', 'ours')
  expect(json).toMatchObject({ replaced: false })
})
