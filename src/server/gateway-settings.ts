// The `gateway` part of crossline.yaml as a schema: what a gateway may be told, each with what it means.
import { z } from 'zod'
import { attributionKinds } from '../core/meter/call.ts'

const name = z.string().min(1)
const texts = z.record(name, z.string())

const upstream = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).meta({ description: 'where it is: https://api.groq.com/openai' }),
  provider: name.optional().meta({ description: 'as the price catalog knows it; default: the name of the upstream' }),
  family: z
    .enum(['openai', 'anthropic', 'gemini'])
    .optional()
    .meta({ description: 'whose paths it has; default: openai, as nearly all do' }),
  injectUsage: z.boolean().optional().meta({ description: 'ask streams for their usage where clients forget to' }),
  headers: texts.optional().meta({ description: 'sent in the place of the client’s own, such as a key' }),
})

const rule = z.strictObject({
  when: z.strictObject({
    path: name.optional(),
    model: name.optional(),
    headers: texts.optional(),
  }),
  set: z.partialRecord(z.enum(attributionKinds), name),
})

export const gatewayShape = z.strictObject({
  upstreams: z
    .record(z.string().regex(/^[\w.-]+$/), upstream)
    .optional()
    .meta({
      description: 'by name: each is mounted whole at /to/NAME/…; openai, anthropic and gemini are there already',
    }),
  routes: z.record(name, name).optional().meta({
    description: 'model pattern (* stands for any text) → upstream, for bare /v1 paths, in order',
  }),
  rules: z.array(rule).optional().meta({ description: 'what attributes calls that do not say it themselves' }),
  fsync: z.enum(['always', 'interval', 'never']).optional().meta({
    description: 'when a record is on the disk: always before the answer; default: interval, five times a second',
  }),
  onMeterFailure: z.enum(['pass', 'reject']).optional().meta({
    description: 'what happens to calls while no record can be written; default: pass',
  }),
  idleMs: z.number().positive().optional(),
  mostDrainedBytes: z.int().nonnegative().optional(),
  mostDrainedMs: z.int().nonnegative().optional(),
  mostBodyBytes: z.int().positive().optional(),
  connections: z.int().positive().optional(),
})
