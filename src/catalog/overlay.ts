// A prices.yaml, ours or the user's, in; checked rows of the price table out, with file, line and field of anything wrong.
import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { z } from 'zod'
import { Fault, nearestName } from '../core/fault/fault.ts'
import { parseInstant } from '../core/meter/calendar.ts'
import { publishedPer, tokenKinds } from '../core/meter/rates.ts'

const amount = z
  .union([z.string().regex(/^\d+(\.\d+)?$/, 'expected a decimal number >= 0 such as 2.50'), z.number().nonnegative()])
  .describe('A decimal number such as 2.50; quotes are allowed and never needed.')
const date = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a date such as 2026-11-23')
  .refine(text => parseInstant(text) !== null, 'expected a date of the calendar')
  .describe('A date, 2026-11-23.')
const instant = z
  .string()
  .regex(
    /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2})?)?$/,
    'expected a date or time such as 2026-11-23 or 2026-08-16T16:00Z',
  )
  .refine(text => parseInstant(text) !== null, 'expected a date and time of the calendar')
  .describe('A date (midnight UTC) or a time, 2026-08-16T16:00Z.')
const whole = z.union([z.string().regex(/^\d+$/, 'expected a whole number >= 0'), z.number().int().nonnegative()])
const flag = z.union([z.enum(['true', 'false']), z.boolean()])
const names = z.array(z.string().min(1))

const kinds = Object.keys(publishedPer) as (keyof typeof publishedPer)[]
const kind = z.enum(kinds as [keyof typeof publishedPer])
const rates = z
  .strictObject(
    Object.fromEntries(kinds.map(k => [k, amount.optional()])) as Record<string, z.ZodOptional<typeof amount>>,
  )
  .refine(sheet => Object.keys(sheet).length > 0, 'expected at least one rate')
  .describe(
    'USD per million tokens; per thousand searches, requests, pages, messages and rerank units; per image; per hour of audio; per million characters; per million token-hours of cache storage.',
  )

const provenance = {
  source: z.string().min(1).optional().describe('Where the figure was read.'),
  observedAt: date.optional().describe('When it was read.'),
  confidence: z.enum(['published', 'quoted', 'unverified', 'negotiated']).optional(),
}
const effective = {
  from: instant.optional().describe('First instant at which it holds; absent = always before.'),
  to: instant.optional().describe('First instant at which it no longer holds.'),
}

/** Nothing holds from a time on that is not before the time at which it ends. */
const inOrder = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  from === undefined || to === undefined || (parseInstant(from) ?? 0) < (parseInstant(to) ?? 1)
const order = { path: ['to'], message: 'expected a time after "from"' }

const window = z
  .strictObject({
    weekdays: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).optional(),
    utc: z
      .array(
        z
          .string()
          .regex(
            /^([01]\d|2[0-3]):[0-5]\d-(([01]\d|2[0-3]):[0-5]\d|24:00)$/,
            'expected a span of the day such as 01:00-04:00',
          ),
      )
      .min(1),
    except: z.array(date).optional(),
  })
  .describe('Hours of the week in UTC at which the row holds, and dates on which it does not.')

const band = z
  .strictObject({ above: whole.optional(), atLeast: whole.optional(), rates })
  .refine(b => (b.above === undefined) !== (b.atLeast === undefined), 'expected either above or atLeast')
  .describe('Rates for every token of a call whose whole prompt is above (>) or at least (>=) this many tokens.')

const rowFields = {
  tier: z.string().optional().describe('standard (default), batch, flex, priority, …'),
  region: z.string().optional().describe('us means us and us-*; !global any named region but global.'),
  speed: z.string().optional(),
  ...effective,
  window: window.optional(),
  bands: z.array(band).optional(),
  ...provenance,
}
/** A band says every token rate of its row: those it left out would go on at the row's own. */
function bandsAreWhole(
  sheet: { rates?: object | undefined; bands?: readonly z.infer<typeof band>[] | undefined },
  context: z.RefinementCtx,
): void {
  sheet.bands?.forEach(({ above, atLeast, rates: of }, i) => {
    const absent = tokenKinds.find(k => k in (sheet.rates ?? {}) && !(k in of))
    if (absent === undefined) return
    const stated = above === undefined ? `>= ${atLeast}` : `> ${above}`
    const message = `the band ${stated} has no rate for ${absent}, which the row below it has`
    context.addIssue({ code: 'custom', path: ['bands', i, 'rates'], message })
  })
}
const row = z
  .strictObject({ ...rowFields, rates })
  .refine(inOrder, order)
  .superRefine(bandsAreWhole)

const model = z
  .strictObject({ aliases: names.optional(), rows: z.array(row).optional(), ...rowFields, rates: rates.optional() })
  .refine(inOrder, order)
  .superRefine(bandsAreWhole)
  .describe('Rates of a model: one row written here, or several under rows.')

const scope = {
  tier: z.string().optional(),
  region: z.string().optional(),
  models: names.optional().describe('Model ids, or patterns such as gpt-5*; absent = all.'),
  kinds: z.array(kind).optional().describe('Absent = all token kinds; fees are not multiplied unless named.'),
  ...effective,
  ...provenance,
}

const seller = z.strictObject({
  names: names.optional().describe('Other names of the provider.'),
  ownModels: names.optional().describe('Model names that mean this provider when none is given.'),
  resells: names.optional().describe('Providers whose list prices hold here for models not listed.'),
  notSold: names.optional().describe('Models that the npm catalogue lists here and the provider does not sell.'),
  regionInName: flag.optional(),
  tierNames: z.record(z.string(), z.string()).optional(),
  tierOfSpeed: z.record(z.string(), z.string()).optional(),
  speedOfTier: z.record(z.string(), z.string()).optional(),
  billedAs: z.partialRecord(kind, kind).optional().describe('Kinds billed at the rate of another kind.'),
  multipliers: z
    .array(
      z
        .strictObject({ ...scope, speed: z.string().optional(), times: amount })
        .refine(inOrder, order)
        .refine(
          rule => (rule.tier ?? rule.region ?? rule.speed) !== undefined,
          'expected a tier, region or speed to multiply for; what is always taken off is a discount',
        ),
    )
    .optional(),
  discounts: z
    .array(
      z
        .strictObject({
          ...scope,
          share: amount
            .refine(share => Number(share) <= 1, 'expected a share between 0 and 1: 0.15 is 15 % off')
            .describe('0.15 = 15 % off.'),
        })
        .refine(inOrder, order),
    )
    .optional(),
  fees: z
    .array(
      z
        .strictObject({
          models: names.optional(),
          rates,
          searchesOncePerCall: flag.optional().describe('A call that searches is charged once, however often it does.'),
          ...effective,
          ...provenance,
        })
        .refine(inOrder, order),
    )
    .optional(),
  router: z.strictObject({ tier: z.string(), share: amount, ...provenance }).optional(),
  corrections: z
    .array(z.strictObject({ models: names.optional(), bandAbove: whole, shouldBeAbove: whole, ...provenance }))
    .optional()
    .describe('Context bands of the npm catalogue that start at another token than the provider says.'),
  models: z.record(z.string(), model).optional(),
  dedicated: z
    .record(
      z.string(),
      z
        .strictObject({
          model: z.string(),
          gpu: z.string().optional(),
          gpus: whole.optional(),
          region: z.string().optional(),
          usdPerHour: amount,
          minBillableSeconds: whole.optional(),
          ...effective,
          ...provenance,
        })
        .refine(inOrder, order),
    )
    .optional()
    .describe('Endpoints rented by the hour.'),
})

/** The shape of a prices.yaml; its JSON Schema ships as data/prices/prices.schema.json. */
export const pricesFile = z.strictObject({
  version: z.union([z.literal('1', 'expected "version: 1"'), z.literal(1)]),
  observedAt: date.optional().describe('When rows without a date of their own were read.'),
  confidence: provenance.confidence,
  providers: z.record(z.string(), seller),
})

export type PricesFile = z.infer<typeof pricesFile>
export type SellerSheet = z.infer<typeof seller>
export type RowSheet = z.infer<typeof row>
export type ModelSheet = z.infer<typeof model>
export type RatesSheet = z.infer<typeof rates>

/** The JSON Schema of a prices.yaml, for editors. */
export const pricesSchema = (): unknown => z.toJSONSchema(pricesFile, { io: 'input', reused: 'ref' })

/**
 * Reads a prices.yaml. Numbers are taken as their digits, never through a float.
 * Throws PRICES_INVALID with `file:line:field` for the first thing wrong.
 */
export function parsePrices(text: string, file: string): PricesFile {
  const lines = new LineCounter()
  // The failsafe schema leaves every scalar as the text that was written, so that 0.003625 stays exact.
  const document = parseDocument(text, { schema: 'failsafe', lineCounter: lines, prettyErrors: false })
  const broken = document.errors[0]
  if (broken) {
    throw new Fault('PRICES_INVALID', `not YAML: ${broken.message.split('\n')[0]}`, {
      where: `${file}:${lines.linePos(broken.pos[0]).line}`,
    })
  }
  if (document.contents === null) {
    throw new Fault('PRICES_INVALID', 'the file is empty', { where: file, fix: 'see prices.schema.json' })
  }
  const parsed = pricesFile.safeParse(plainValue(document, file))
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  const path = issue.path.map(String)
  const field = path.join('.')
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!
    const near = nearestName(key, keysNear(path))
    throw new Fault('PRICES_INVALID', `"${key}" is not a field here`, {
      where: `${file}:${lineOf(document, lines, [...path, key])}:${[...path, key].join('.')}`,
      fix: near ? `did you mean "${near}"?` : 'see prices.schema.json',
    })
  }
  throw new Fault('PRICES_INVALID', expected(issue), {
    where: `${file}:${lineOf(document, lines, path)}${field === '' ? '' : `:${field}`}`,
  })
}

/** The document as plain values. An alias without its anchor shows only here. */
function plainValue(document: Document, file: string): unknown {
  try {
    return document.toJS()
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new Fault('PRICES_INVALID', `not YAML: ${message.split('\n')[0]}`, { where: file }, { cause })
  }
}

function expected(issue: z.core.$ZodIssue): string {
  // Of a number that may also be text, the text's pattern says what is wrong.
  const said = issue.code === 'invalid_union' ? (issue.errors[0]?.[0] ?? issue) : issue
  const text = said.message === 'Invalid input' ? issue.message : said.message
  return text.charAt(0).toLowerCase() + text.slice(1)
}

const keysNear = (path: readonly string[]): readonly string[] =>
  path.at(-1) === 'rates' ? kinds : path.length === 2 ? Object.keys(seller.shape) : Object.keys(model.shape)

function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let depth = path.length; depth >= 0; depth--) {
    const keys = path.slice(0, depth).map(k => (/^\d+$/.test(k) ? Number(k) : k))
    const node = depth === 0 ? document.contents : document.getIn(keys, true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
