// The shape of crossline.yaml, and the JSON Schema of it that ships for editors. Loads zod: import lazily.
import { z } from 'zod'
import { gatewayShape } from '../server/gateway-settings.ts'
import { logFormats } from '../server/log.ts'
import { choicesShape } from '../server/parameters.ts'

export const settingsShape = z.strictObject({
  data: z.string().min(1).optional().meta({ description: 'folder of the ledger; default: .crossline' }),
  seed: z.int().nonnegative().optional().meta({ description: 'seed of every draw; default 1' }),
  zone: z.string().optional().meta({ description: 'IANA zone of days and months in reports; default UTC' }),
  prices: z.array(z.string()).optional().meta({ description: 'price files, each laid over the ones before' }),
  serve: z
    .strictObject({
      host: z.string().optional(),
      port: z.int().min(0).max(65_535).optional(),
      log: z.enum(logFormats).optional().meta({ description: 'lines for a person (text) or for a program (json)' }),
    })
    .optional()
    .meta({ description: 'where serve listens; default: 127.0.0.1, port 4141' }),
  gateway: gatewayShape.optional().meta({ description: 'calls that pass through on their way to providers' }),
  utilization: z
    .array(
      z.strictObject({
        name: z.string().min(1).meta({ description: 'what the server is called' }),
        url: z
          .url({ protocol: /^https?$/ })
          .refine(url => !/^https?:\/\/[^/]*@/i.test(url), 'a password does not belong into an address that is logged')
          .meta({ description: 'where it tells its metrics: http://gpu-1:8000/metrics' }),
        // A timer knows no more than 24 days, and takes what is longer for a millisecond.
        everySeconds: z
          .number()
          .min(1)
          .max(86_400)
          .optional()
          .meta({ description: 'how often it is asked, at least once a day; default 15' }),
        gpus: z.int().min(1).optional().meta({ description: 'GPUs that it runs on' }),
        usdPerGpuHour: z.number().positive().optional().meta({ description: 'what an hour of one of them costs' }),
      }),
    )
    .optional()
    .meta({ description: 'own vLLM and SGLang servers whose metrics serve reads, for crossline utilization' }),
  crossover: z.strictObject(choicesShape).optional().meta({ description: 'defaults of the flags of crossover' }),
})

/** The JSON Schema of a crossline.yaml. */
export const settingsSchema = (): unknown => z.toJSONSchema(settingsShape, { io: 'input', unrepresentable: 'any' })
