// The shape of an option in a suite file: an API, a server of one's own, a cascade or best of n. Loads zod: import lazily.
import { z } from 'zod'
import { targetWires } from '../client.ts'
import { graderShape } from '../graders/graders.ts'

const name = z.string().min(1)
const settings = z.record(z.string(), z.json())

/** The four ways to state an option, each by the field that only it has. */
const ways = ['upstream', 'url', 'cascade', 'bestOf'] as const

export const optionShape = z
  .strictObject({
    upstream: name.optional().meta({ description: 'an API: openai, anthropic, gemini, or one of crossline.yaml' }),
    url: z
      .url({ protocol: /^https?$/ })
      .optional()
      .meta({ description: 'a server of your own: http://127.0.0.1:8000' }),
    model: name.optional().meta({ description: 'as it is asked for' }),
    wire: z.enum(targetWires).optional().meta({ description: 'how it is spoken to; default: as its upstream does' }),
    settings: settings.optional().meta({ description: 'laid over each request: temperature, reasoning_effort, …' }),
    headers: z
      .record(z.string(), z.string())
      .optional()
      .meta({ description: 'of a url: sent with each request; variables of the environment as $NAME in braces' }),
    provider: name.optional().meta({ description: 'who sells it, as prices.yaml names it; default: the upstream’s' }),
    hosting: z
      .enum(['api', 'dedicated', 'self-host'])
      .optional()
      .meta({ description: 'default: api of an upstream, self-host of a url' }),
    weights: name.optional().meta({ description: 'the catalog’s id of the weights: crossline models list' }),
    dtype: name.optional().meta({ description: 'of the weights as served: bf16, fp8, q4_k_m; default: asked of it' }),
    kvDtype: name.optional().meta({ description: 'of the KV cache' }),
    engine: name.optional().meta({ description: 'vllm, llama.cpp, …; default: asked of the server' }),
    engineVersion: name.optional(),
    gpu: name.optional().meta({ description: 'what it runs on, by its id in the catalog where it is there' }),
    cascade: z
      .array(name)
      .min(2)
      .optional()
      .meta({ description: 'options in order: the next one where the verifier says no' }),
    bestOf: z.int().min(2).max(64).optional().meta({ description: 'so many answers of the option in `of`' }),
    of: name.optional().meta({ description: 'the option that bestOf asks' }),
    choose: z
      .literal('vote')
      .optional()
      .meta({ description: 'the answer given most often; else the first that the verifier takes' }),
    verifier: graderShape
      .optional()
      .meta({ description: 'a grader that sees the answer and never what is expected; its cost is the option’s' }),
    gradeStages: z.boolean().optional().meta({ description: 'grade each stage’s own answer too' }),
    concurrency: z.int().positive().optional().meta({ description: 'tries of it at once' }),
    requestsPerMinute: z.number().positive().optional(),
    tokensPerMinute: z.number().positive().optional(),
  })
  .superRefine((option, context) => {
    const issue = (path: string, message: string) => context.addIssue({ code: 'custom', path: [path], message })
    const stated = ways.filter(way => option[way] !== undefined)
    if (stated.length !== 1) {
      const message = `expected one of ${ways.join(', ')}`
      context.addIssue({ code: 'custom', path: [], message })
      return
    }
    const isComposed = option.cascade !== undefined || option.bestOf !== undefined
    if (!isComposed && option.model === undefined) issue('model', 'expected the name of a model')
    if (!isComposed && option.verifier !== undefined) issue('verifier', 'expected only with cascade or bestOf')
    if (option.cascade !== undefined && option.verifier === undefined) issue('verifier', 'a cascade needs one')
    if (option.bestOf !== undefined && option.of === undefined) issue('of', 'expected the name of an option')
    if (option.bestOf !== undefined && (option.choose === undefined) === (option.verifier === undefined)) {
      issue('choose', 'expected vote, or a verifier')
    }
    if (option.headers !== undefined && option.url === undefined) issue('headers', 'expected only with url')
  })

export type StatedOption = z.output<typeof optionShape>

/** Options by name: names stand in tables, tags and files. */
export const optionsShape = z.record(
  z.string().regex(/^[^\s,;=/\\][^\s,;=\\]*$/, 'expected a name without blanks, commas or ="'),
  optionShape,
)
