// The `gateway` part of crossline.yaml as a schema: what a gateway may be told, each with what it means.
import { z } from 'zod'
import { attributionKinds } from '../core/meter/call.ts'
import { upstreamsOf } from '../gateway/upstreams.ts'
import { budgetShape } from './budget-settings.ts'
import { captureShape } from './capture/capture-settings.ts'

const name = z.string().min(1)
/** 24 days. Node's timers know 2^31 ms, and take what is longer for one millisecond. */
const longestMs = 24 * 86_400_000
/** Header names are tokens (RFC 9110 §5.6.2), and their values one line. */
const headerName = z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, 'expected the name of a header')
const headers = z.record(headerName, z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected one line of text'))

/** Anything else of an address would be left out of every request, and nobody told. */
function isOriginAndPath(url: string): boolean {
  const { username, password, search, hash } = new URL(url)
  return username + password + search + hash === ''
}

const upstream = z.strictObject({
  url: z
    .url({ protocol: /^https?$/ })
    .refine(isOriginAndPath, 'expected host and path alone: credentials go into headers, a query comes from the client')
    .meta({ description: 'where it is: https://api.groq.com/openai' }),
  provider: name.optional().meta({ description: 'as the price catalog knows it; default: the name of the upstream' }),
  family: z
    .enum(['openai', 'anthropic', 'gemini'])
    .optional()
    .meta({ description: 'whose paths it has; default: openai, as nearly all do' }),
  injectUsage: z.boolean().optional().meta({ description: 'ask streams for their usage where clients forget to' }),
  headers: headers.optional().meta({
    description:
      'sent in the place of the client’s own, such as a key; variables of the environment as $NAME in braces',
  }),
})

const rule = z.strictObject({
  when: z
    .strictObject({
      path: name.optional().meta({ description: 'pattern of the path as the upstream is asked' }),
      model: name.optional().meta({ description: 'pattern of the model asked for' }),
      headers: headers.optional().meta({ description: 'header → pattern of its value' }),
      systemPrompt: z
        .string()
        .regex(/^[0-9a-f]{16}$/, 'expected a fingerprint of 16 hex digits: crossline fingerprint FILE')
        .optional()
        .meta({ description: 'fingerprint of the system prompt (crossline fingerprint, report --by systemPrompt)' }),
    })
    .meta({ description: 'all that is stated must hold; * stands for any text in a pattern' }),
  set: z
    .partialRecord(z.enum(attributionKinds), name)
    .meta({ description: 'what the call is attributed to, where neither its headers nor its body say it' }),
})

const upstreams = z.record(z.string().regex(/^[\w.-]+$/), upstream)

export const gatewayShape = z
  .strictObject({
    upstreams: upstreams.optional().meta({
      description: 'by name: each is mounted whole at /to/NAME/…; openai, anthropic and gemini are there already',
    }),
    routes: z.record(name, name).optional().meta({
      description: 'model pattern (* stands for any text) → upstream, for bare /v1 paths, in order',
    }),
    defaults: z
      .strictObject({ openai: name.optional(), anthropic: name.optional(), gemini: name.optional() })
      .optional()
      .meta({
        description: 'where bare paths of OpenAI, Anthropic and Gemini go that no route names; default: to them',
      }),
    rules: z.array(rule).optional().meta({ description: 'what attributes calls that do not say it themselves' }),
    fsync: z.enum(['always', 'interval', 'never']).optional().meta({
      description: 'when a record is on the disk: always before the answer; default: interval, once a second',
    }),
    onMeterFailure: z.enum(['pass', 'reject']).optional().meta({
      description: 'what happens to calls while no record can be written; default: pass',
    }),
    keys: z.enum(['optional', 'required']).optional().meta({
      description: 'whether requests without a key of `crossline keys` are refused; default: optional',
    }),
    budgets: z.array(budgetShape).optional().meta({
      description: 'what may be spent in a calendar period, and what happens to calls beyond it',
    }),
    unknownPrice: z.enum(['pass', 'reject']).optional().meta({
      description:
        'what happens to calls under a budget whose price nobody knows: pass (counted) or reject; default: pass',
    }),
    assumedOutputTokens: z.int().positive().optional().meta({
      description: 'how long an answer may get whose request states no limit, for budgets; default: 16384',
    }),
    capture: captureShape.optional().meta({
      description: 'keep what calls say, sealed and for a while, to replay tasks on it; default: nothing is kept',
    }),
    idleMs: z
      .number()
      .positive()
      .max(longestMs)
      .optional()
      .meta({ description: 'silence of an upstream after which a call is given up; default: an hour' }),
    mostDrainedBytes: z.int().nonnegative().optional().meta({
      description: 'how much of an answer is read on for its usage once the client has left; default: 8 MiB',
    }),
    mostDrainedMs: z
      .int()
      .nonnegative()
      .max(longestMs)
      .optional()
      .meta({ description: 'and for how long; default: two minutes' }),
    mostBodyBytes: z.int().positive().optional().meta({
      description: 'longer requests pass unread, their model and attribution unknown; default: 32 MiB',
    }),
    connections: z.int().positive().optional().meta({
      description: 'to one upstream at most, of each process: calls beyond them wait; default: 16384',
    }),
    workers: z.int().min(1).max(64).optional().meta({
      description: 'processes that relay calls; default: one for each core but one, and four at most',
    }),
    drainMs: z.int().nonnegative().max(longestMs).optional().meta({
      description: 'how long calls may take to finish once the server is told to stop; default: half a minute',
    }),
  })
  .superRefine((settings, context) => {
    const known = upstreamsOf(settings.upstreams)
    const names = new Set<string>()
    for (const [i, { name, match }] of (settings.budgets ?? []).entries()) {
      const upstream = match?.upstream
      if (names.has(name)) {
        const message = `two budgets are called "${name}"`
        context.addIssue({ code: 'custom', path: ['budgets', i, 'name'], message })
      }
      names.add(name)
      if (upstream === undefined || upstream.includes('*') || known.has(upstream)) continue
      const message = `no upstream is called "${upstream}": there are ${[...known.keys()].join(', ')}`
      context.addIssue({ code: 'custom', path: ['budgets', i, 'match', 'upstream'], message })
    }
    for (const part of ['routes', 'defaults'] as const) {
      for (const [from, upstream] of Object.entries(settings[part] ?? {})) {
        if (upstream === undefined || known.has(upstream)) continue
        const message = `no upstream is called "${upstream}": there are ${[...known.keys()].join(', ')}`
        context.addIssue({ code: 'custom', path: [part, from], message })
      }
    }
  })
