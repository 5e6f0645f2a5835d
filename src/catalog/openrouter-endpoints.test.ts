import { expect, test } from 'vitest'
import { offersOfEndpoints } from './openrouter-endpoints.ts'

/** The shape that OpenRouter documents for GET /api/v1/models/:author/:slug/endpoints; figures made up. */
const answer = {
  data: {
    id: 'meta-llama/llama-3.3-70b-instruct',
    name: 'Meta: Llama 3.3 70B Instruct',
    created: 1733506137,
    architecture: { tokenizer: 'Llama3', instruct_type: 'llama3', modality: 'text->text', input_modalities: ['text'] },
    endpoints: [
      {
        name: 'DeepInfra | meta-llama/llama-3.3-70b-instruct',
        context_length: 131072,
        pricing: {
          prompt: '0.00000023',
          completion: '0.0000004',
          input_cache_read: '0.000000115',
          request: '0',
          image: '0',
        },
        provider_name: 'DeepInfra',
        tag: 'deepinfra/fp8',
        quantization: 'fp8',
        max_completion_tokens: 16384,
        supported_parameters: ['tools', 'structured_outputs', 'max_tokens'],
        status: 0,
      },
      {
        context_length: 0,
        pricing: { prompt: '7.2e-7', completion: '0.00000072' },
        provider_name: 'Amazon Bedrock',
        quantization: 'unknown',
        max_completion_tokens: null,
        supported_parameters: ['max_tokens'],
        status: -2,
      },
      { provider_name: 'Free Cloud', pricing: { prompt: '0', completion: '0' } },
      { provider_name: 'Fee Cloud', pricing: { prompt: '0.000001', completion: '0.000001', request: '0.005' } },
      { provider_name: 'Auto', pricing: { prompt: '-1', completion: '-1' } },
      { provider_name: 'Broken', pricing: { prompt: 'free', completion: '0.1' } },
    ],
  },
}
const weights = () => 'llama-3.3-70b'

test('each endpoint with a price is an offer, digit for digit; the others say why they are none', () => {
  const { model, rows, refused } = offersOfEndpoints(answer, weights, '2026-11-20', 'dump.json')
  expect(model).toBe('meta-llama/llama-3.3-70b-instruct')
  expect(rows).toMatchObject([
    {
      model_id: 'llama-3.3-70b',
      host: 'deepinfra',
      usd_per_mtok_input: '0.23',
      usd_per_mtok_cache_read: '0.115',
      usd_per_mtok_cache_write: null,
      usd_per_mtok_output: '0.4',
      weight_dtype: 'fp8',
      context_tokens: 131072,
      max_output_tokens: 16384,
      tools: true,
      json_schema: true,
      vision: false,
      observed_at: '2026-11-20',
    },
    {
      host: 'bedrock',
      usd_per_mtok_input: '0.72',
      weight_dtype: null,
      context_tokens: null,
      max_output_tokens: null,
      tools: false,
      notes: expect.stringContaining('check before use'),
    },
  ])
  expect(refused.map(({ endpoint, reason }) => `${endpoint}: ${reason}`)).toEqual([
    'data.endpoints.2 (Free Cloud): a free tier: no price to plan with',
    'data.endpoints.3 (Fee Cloud): a fee of 0.005 USD a request beside the tokens',
    'data.endpoints.4 (Auto): its price varies by request',
    expect.stringContaining('data.endpoints.5: pricing.prompt: expected a decimal number'),
  ])
})

test('what is no such answer is one line that names the field', () => {
  expect(() => offersOfEndpoints({ data: [] }, weights, '2026-11-20', 'dump.json')).toThrow(/data/)
  expect(() => offersOfEndpoints(null, weights, '2026-11-20', 'dump.json')).toThrow(/expected object/i)
})
