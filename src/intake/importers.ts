// The formats that `import` reads, in the order in which they are tried: one line each.
import { anthropicBatch } from './anthropic-batch.ts'
import { anthropicCosts } from './anthropic-costs.ts'
import { anthropicUsage } from './anthropic-usage.ts'
import { azure } from './azure.ts'
import { bedrock } from './bedrock.ts'
import { burstgpt } from './burstgpt.ts'
import { cloudflare } from './cloudflare.ts'
import { focus } from './focus.ts'
import { geminiBatch } from './gemini-batch.ts'
import { helicone } from './helicone.ts'
import type { Importer } from './importer.ts'
import { invoice } from './invoice.ts'
import { langfuse } from './langfuse.ts'
import { lengthsOnly } from './lengths-only.ts'
import { litellm } from './litellm.ts'
import { litellmDaily } from './litellm-daily.ts'
import { mooncake } from './mooncake.ts'
import { openaiBatch } from './openai-batch.ts'
import { openaiCosts } from './openai-costs.ts'
import { openaiUsage } from './openai-usage.ts'
import { openrouter } from './openrouter.ts'
import { openrouterActivity } from './openrouter-activity.ts'
import { otlp } from './otlp.ts'
import { portkey } from './portkey.ts'
import { rateCurve } from './rate-curve.ts'
import { servegen } from './servegen.ts'
import { csv, jsonl, parquet } from './table.ts'
import { vllmMetrics } from './vllm-metrics.ts'

/** Published formats; at most one of them matches a file. */
export const published: readonly Importer[] = [
  azure,
  burstgpt,
  mooncake,
  servegen,
  rateCurve,
  lengthsOnly,
  litellm,
  litellmDaily,
  langfuse,
  helicone,
  portkey,
  cloudflare,
  openrouter,
  openrouterActivity,
  bedrock,
  openaiBatch,
  anthropicBatch,
  geminiBatch,
  openaiUsage,
  anthropicUsage,
  openaiCosts,
  anthropicCosts,
  focus,
  invoice,
  otlp,
  vllmMetrics,
]

/** Any table of calls with a time and token counts, when no published format matches. */
export const generic: readonly Importer[] = [csv, jsonl, parquet]

export const importers: readonly Importer[] = [...published, ...generic]

/** What a provider itself says was used: a bill's word on tokens. Of the same calls metered, they count no second time. */
export const providerReports: readonly string[] = [openaiUsage, anthropicUsage].map(importer => importer.name)
