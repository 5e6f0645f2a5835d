// One seller, told of by four logs, a trace and a gateway, each in its own spelling: one row of a report.
import { expect, test } from 'vitest'
import { intakeForTest } from '../../test/intake.ts'
import { jsonRequest } from '../../test/otlp.ts'
import { openedForTest } from '../core/meter/call-record-for-test.ts'

const { ledger, take, report } = intakeForTest()

const time = '2026-11-20T10:00:00.000Z'
const spent = (id: string, custom_llm_provider: string, model: string) => ({
  ...{ request_id: id, call_type: 'acompletion', startTime: time, endTime: time, spend: 0 },
  ...{ prompt_tokens: 10, completion_tokens: 2, total_tokens: 12, custom_llm_provider, model, status: 'success' },
})
const observed = (id: string, ls_provider: string) => ({
  ...{ id, trace_id: 't', type: 'GENERATION', start_time: time, end_time: time, parent_observation_id: null },
  ...{ provided_model_name: 'a-model', usage_details: { input: 10, output: 2, total: 12 }, metadata: { ls_provider } },
})
const requested = (id: string, provider: string) => ({
  ...{ request_id: id, request_created_at: time, response_status: 200, provider, request_model: 'a-model' },
  ...{ prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
})
const lines = (rows: readonly object[]) => rows.map(row => `${JSON.stringify(row)}\n`).join('')

/** As LiteLLM, Langfuse (LangChain), Helicone, a table and OpenTelemetry spell it, and the catalog's id. */
const spellings = [
  ['xai', 'xai', 'X', 'xAI', 'x_ai', 'x-ai'],
  ['bedrock_converse', 'amazon_bedrock', 'BEDROCK', 'AWS Bedrock', 'aws.bedrock', 'aws'],
  ['vertex_ai', 'google_vertexai', 'VERTEX', 'Vertex AI', 'gcp.vertex_ai', 'google-vertex'],
  ['gemini', 'google_genai', 'GOOGLE', 'Gemini', 'gcp.gemini', 'google'],
  ['moonshot', 'moonshot', 'MOONSHOTAI', 'Moonshot AI', 'moonshot_ai', 'moonshotai'],
  ['together_ai', 'together', 'TOGETHER', 'Together AI', 'together_ai', 'together'],
  ['fireworks_ai', 'fireworks', 'FIREWORKS', 'fireworks-ai', 'fireworks_ai', 'fireworks'],
  ['azure', 'azure', 'AZURE', 'Azure OpenAI', 'azure.ai.openai', 'azure'],
  ['mistral', 'mistralai', 'MISTRAL', 'mistral-ai', 'mistral_ai', 'mistral'],
  ['text-completion-openai', 'openai', 'OPENAI', 'OpenAI', 'openai', 'openai'],
] as const

test.each(spellings)('%s, %s, %s, %s and %s are %s', async (litellm, langfuse, helicone, written, otel, id) => {
  await ledger().take([openedForTest({ key: 'w1-a', provider: litellm })], {}, () => ({ usd: null, reason: 'none' }))
  await take('spend.jsonl', lines([spent('a', litellm, 'a-model'), spent('b', '', `${litellm}/a-model`)]))
  await take('langfuse.jsonl', lines([observed('c', langfuse)]))
  await take('helicone.jsonl', lines([requested('d', helicone)]))
  await take('table.csv', `time,id,provider,model,input_tokens,output_tokens\n${time},e,${written},a-model,10,2\n`)
  await take('given.csv', `time,id,model,input_tokens,output_tokens\n${time},f,a-model,10,2\n`, { provider: written })
  const span = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': otel, 'gen_ai.request.model': 'a-model' }
  await take(
    'trace.jsonl',
    `${JSON.stringify(jsonRequest([{ attributes: { ...span, 'gen_ai.usage.input_tokens': 10 } }]))}\n`,
  )
  const { rows } = await report(['provider'])
  expect(rows.map(row => [row.key.provider, row.calls])).toEqual([[id, 8]])
})
