// A usage object of any of the three APIs' spellings, LiteLLM's and Weave's among them, in; the usage whose kinds are disjoint, out.
import type { Usage } from '../../core/meter/usage.ts'
import { usageOf } from '../otlp/told-usage.ts'
import { countOf, type Fields, fieldsOf, isFields } from './fields.ts'

export interface ToldTokens {
  readonly input: number | null
  readonly output: number | null
  readonly total?: number | null
  readonly cacheRead?: number | null
  readonly cacheWrite?: number | null
  readonly reasoning?: number | null
  /** Whether cached tokens stand beside `input`; null = arithmetic decides. */
  readonly cachedBeside?: boolean | null
}

/** Null where neither prompt nor answer is told. */
export function usageOfTokens(told: ToldTokens): Usage | null {
  if (told.input === null && told.output === null) return null
  const { usage } = usageOf({
    input: told.input,
    output: told.output,
    total: told.total ?? null,
    fresh: null,
    cacheRead: told.cacheRead ?? null,
    cacheWrite: told.cacheWrite ?? null,
    reasoning: told.reasoning ?? null,
    inputAudio: null,
    inputImage: null,
    outputAudio: null,
    outputImage: null,
    cacheWrite5m: null,
    cacheWrite1h: null,
    cachedBeside: told.cachedBeside ?? null,
  })
  return usage
}

/** OpenAI's names (cached tokens inside the prompt), Anthropic's (beside it) and Bedrock's (beside it). */
export function usageOfApi(value: unknown): Usage | null {
  if (!isFields(value)) return null
  if ('inputTokens' in value || 'outputTokens' in value) {
    return usageOfTokens({
      input: countOf(value.inputTokens),
      output: countOf(value.outputTokens),
      total: countOf(value.totalTokens),
      cacheRead: countOf(value.cacheReadInputTokens),
      cacheWrite: countOf(value.cacheWriteInputTokens),
      cachedBeside: true,
    })
  }
  if ('prompt_tokens' in value || 'completion_tokens' in value) return ofOpenAi(value)
  const isAnthropic = 'cache_read_input_tokens' in value || 'cache_creation_input_tokens' in value
  const inputDetails = fieldsOf(value.input_tokens_details)
  return usageOfTokens({
    input: countOf(value.input_tokens),
    output: countOf(value.output_tokens),
    total: countOf(value.total_tokens),
    cacheRead: countOf(value.cache_read_input_tokens) ?? countOf(inputDetails.cached_tokens),
    cacheWrite: countOf(value.cache_creation_input_tokens),
    reasoning: countOf(fieldsOf(value.output_tokens_details).reasoning_tokens),
    cachedBeside: isAnthropic,
  })
}

/** LiteLLM writes Anthropic's caches in OpenAI's shape: its prompt holds them, and they are told twice. */
function ofOpenAi(value: Fields): Usage | null {
  const prompt = fieldsOf(value.prompt_tokens_details)
  return usageOfTokens({
    input: countOf(value.prompt_tokens),
    output: countOf(value.completion_tokens),
    total: countOf(value.total_tokens),
    cacheRead: countOf(prompt.cached_tokens) ?? countOf(value.cache_read_input_tokens),
    cacheWrite: countOf(prompt.cache_creation_tokens) ?? countOf(value.cache_creation_input_tokens),
    reasoning: countOf(fieldsOf(value.completion_tokens_details).reasoning_tokens),
    cachedBeside: false,
  })
}
