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
  crossover: z.strictObject(choicesShape).optional().meta({ description: 'defaults of the flags of crossover' }),
})

/** The JSON Schema of a crossline.yaml. */
export const settingsSchema = (): unknown => z.toJSONSchema(settingsShape, { io: 'input', unrepresentable: 'any' })
