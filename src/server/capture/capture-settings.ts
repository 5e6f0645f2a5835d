// The `gateway.capture` part of crossline.yaml as a schema, and which calls it asks to keep.
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { attributionKinds } from '../../core/meter/call.ts'
import type { Opened } from '../../core/meter/call-record.ts'

const share = z.number().min(0).max(1)

export const captureShape = z.strictObject({
  share: share.optional().meta({ description: 'of calls that no rule names; default: none of them' }),
  rules: z
    .array(
      z.strictObject({
        when: z
          .partialRecord(z.enum(attributionKinds), z.string().min(1))
          .meta({ description: 'all that is stated must hold: workload, feature, team, …' }),
        share,
      }),
    )
    .optional()
    .meta({ description: 'the first that fits decides' }),
  mostBytes: z
    .int()
    .positive()
    .optional()
    .meta({ description: 'of a request, and of an answer: longer ones are not kept; default: 1 MiB' }),
  keepDays: z
    .int()
    .min(1)
    .max(366)
    .optional()
    .meta({ description: 'days after which what was kept cannot be read any more, by anybody; default: 7' }),
  keyFile: z.string().min(1).optional().meta({
    description: 'where the key lies unless CROSSLINE_CAPTURE_KEY holds it; default: capture.key of the data folder',
  }),
})

export type CaptureSettings = z.output<typeof captureShape>

export const captureDefaults = { share: 0, mostBytes: 1024 * 1024, keepDays: 7 } as const

/**
 * Whether a call is kept: calls of one task all are, or none is, and the same in every process, so that a conversation of
 * many calls is there as a whole.
 */
export function isWanted({ share = captureDefaults.share, rules = [] }: CaptureSettings, opened: Opened): boolean {
  const fits = ({ when }: (typeof rules)[number]) =>
    attributionKinds.every(kind => when[kind] === undefined || opened.attribution[kind] === when[kind])
  const wanted = rules.find(fits)?.share ?? share
  if (wanted <= 0) return false
  return wanted >= 1 || placeOf(opened.attribution.task ?? opened.key) < wanted
}

/** From 0 to below 1, by SHA-256. */
const placeOf = (name: string): number => createHash('sha256').update(name).digest().readUIntBE(0, 6) / 2 ** 48
