import { expect, test } from 'vitest'
import { askServer } from './probe.ts'

/** Answers as each server documents them, at the paths that it has. */
const served =
  (paths: Readonly<Record<string, unknown>>): typeof fetch =>
  async url => {
    const body = paths[new URL(String(url)).pathname]
    return body === undefined ? new Response('not found', { status: 404 }) : Response.json(body)
  }

const ask = (paths: Readonly<Record<string, unknown>>) => askServer('http://own:8000', {}, served(paths))

test('vLLM, llama.cpp and SGLang are told by what they say of themselves', async () => {
  expect(
    await ask({
      '/version': { version: '0.11.0' },
      '/v1/models': { object: 'list', data: [{ id: 'Qwen/Qwen3-8B', owned_by: 'vllm', max_model_len: 40960 }] },
    }),
  ).toEqual({ engine: 'vllm', engineVersion: '0.11.0', dtype: null, kvDtype: null, models: ['Qwen/Qwen3-8B'] })
  expect(
    await ask({
      '/props': { build_info: 'b6510-3a077146', model_path: '/models/SmolLM2-135M-Instruct.Q4_1.gguf', total_slots: 4 },
      '/v1/models': { data: [{ id: 'SmolLM2-135M-Instruct.Q4_1.gguf', owned_by: 'llamacpp' }] },
    }),
  ).toMatchObject({ engine: 'llama.cpp', engineVersion: 'b6510-3a077146', dtype: 'q4_1' })
  expect(
    await ask({
      '/get_server_info': {
        version: '0.5.4',
        model_path: 'm',
        dtype: 'auto',
        quantization: 'fp8',
        kv_cache_dtype: 'fp8_e5m2',
      },
      '/v1/models': { data: [{ id: 'm', owned_by: 'sglang' }] },
    }),
  ).toMatchObject({ engine: 'sglang', engineVersion: '0.5.4', dtype: 'fp8', kvDtype: 'fp8_e5m2' })
})

test('a server that says nothing, or is not there, leaves all unknown', async () => {
  const unknown = { engine: null, engineVersion: null, dtype: null, kvDtype: null, models: null }
  expect(await ask({})).toEqual(unknown)
  expect(await askServer('http://own:8000', {}, () => Promise.reject(new Error('refused')))).toEqual(unknown)
  expect(await ask({ '/version': 'odd', '/props': [1], '/v1/models': { data: 'x' } })).toEqual(unknown)
})
