// Errors in the shapes in which sellers of one wire send them → the code and the words that are read.
import { expect, test } from 'vitest'
import { readPieces } from '../../test/recorded-responses.ts'

const read = (wire: string, body: object) =>
  readPieces({ wire, stream: false }, [new TextEncoder().encode(JSON.stringify(body))])

/** Each as its seller's documentation or an issue of a client shows it. */
const told: [seller: string, wire: string, body: object, code: string | null, message: string][] = [
  // https://platform.openai.com/docs/guides/error-codes
  [
    'OpenAI',
    'openai.chat',
    { error: { message: 'slow down', type: 'requests', param: null, code: 'rate_limit_exceeded' } },
    'rate_limit_exceeded',
    'slow down',
  ],
  // https://docs.x.ai/docs/guides/chat
  [
    'xAI',
    'openai.chat',
    { code: 'Client specified an invalid argument', error: 'Incorrect API key provided' },
    'Client specified an invalid argument',
    'Incorrect API key provided',
  ],
  // https://docs.voyageai.com/docs/error-codes
  ['Voyage', 'openai.embeddings', { detail: "Model 'x' is not supported." }, null, "Model 'x' is not supported."],
  // https://fastapi.tiangolo.com/tutorial/handling-errors
  [
    'FastAPI',
    'openai.chat',
    { detail: [{ loc: ['body', 'messages'], msg: 'field required', type: 'value_error.missing' }] },
    null,
    'field required',
  ],
  // https://github.com/mistralai/client-python/issues
  [
    'Mistral',
    'openai.chat',
    {
      object: 'error',
      message: { detail: [{ type: 'missing', loc: ['body', 'model'], msg: 'Field required' }] },
      type: 'invalid_request_error',
      param: null,
      code: null,
    },
    'invalid_request_error',
    'Field required',
  ],
  // https://inference-docs.cerebras.ai/support/error
  [
    'Cerebras',
    'openai.chat',
    {
      message: 'Tokens per day limit exceeded',
      type: 'too_many_tokens_error',
      param: 'quota',
      code: 'token_quota_exceeded',
    },
    'token_quota_exceeded',
    'Tokens per day limit exceeded',
  ],
  // https://docs.cohere.com/reference/errors
  ['Cohere', 'openai.chat', { message: 'invalid api token' }, null, 'invalid api token'],
  // https://docs.databricks.com/aws/en/machine-learning/model-serving/foundation-model-rate-limits
  ['Databricks', 'openai.chat', { error_code: 'BAD_REQUEST', message: 'too long' }, 'BAD_REQUEST', 'too long'],
  // https://developers.cloudflare.com/workers-ai/platform/errors
  [
    'Cloudflare',
    'openai.chat',
    { success: false, result: {}, messages: [], errors: [{ code: 7003, message: 'Could not route' }] },
    '7003',
    'Could not route',
  ],
  // https://docs.z.ai/api-reference/api-code
  ['Z.ai', 'openai.chat', { code: 401, msg: 'token expired', success: false }, '401', 'token expired'],
  // https://platform.minimax.io/docs/api-reference/errorcode
  [
    'MiniMax',
    'openai.chat',
    { id: '1', choices: null, model: 'MiniMax-M1', base_resp: { status_code: 1004, status_msg: 'login fail' } },
    '1004',
    'login fail',
  ],
  // https://openrouter.ai/docs/api-reference/errors
  [
    'OpenRouter',
    'openai.chat',
    {
      id: 'gen-1',
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'error', message: { content: '' }, error: { code: 502, message: 'gone' } }],
    },
    '502',
    'gone',
  ],
  // https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
  ['Bedrock', 'anthropic.messages', { message: 'Too many requests' }, null, 'Too many requests'],
]

test.each(told)('the error of %s is read', (_, wire, body, code, message) => {
  expect(read(wire, body)).toMatchObject({ known: false, error: { code, message } })
})

test('an answer that has a message or a status of its own is no error', () => {
  const usage = { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 }
  const choices = [{ index: 0, message: { content: 'x' }, finish_reason: 'stop' }]
  for (const body of [
    { choices, usage, base_resp: { status_code: 0, status_msg: '' } },
    { choices, usage, message: 'done' },
    { object: 'chat.completion', message: 'done' },
    { success: true, errors: [], result: {} },
  ]) {
    expect(read('openai.chat', body).error).toBeNull()
  }
})

test('what stands deeper than any check of a request says it is no message, and no stack is used up', () => {
  const deep = `{"detail":${'['.repeat(50_000)}${']'.repeat(50_000)}}`
  expect(readPieces({ wire: 'openai.chat', stream: false }, [new TextEncoder().encode(deep)]).error).toBeNull()
})
