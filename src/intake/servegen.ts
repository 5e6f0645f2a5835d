// ServeGen client profiles (one client a line: windows of rate and burstiness, distributions of lengths), drawn request by request.

import { Fault } from '../core/fault/fault.ts'
import { many } from '../core/fault/many.ts'
import { type ClientProfile, type DrawnRequests, drawClientSlots } from '../core/statistics/arrivals-draw.ts'
import { defaultStartMicros, givenText, type Importer, plainCounts, startNote } from './importer.ts'

type Counts = Readonly<Record<string, number>>
interface Line {
  readonly client: number
  readonly windows: readonly (readonly [number, number, number, 'Gamma' | 'Weibull', number, number])[]
  readonly lengths: Readonly<Record<string, { readonly input_tokens: Counts; readonly output_tokens: Counts }>>
}

/** What the arrays of a draw hold; the busiest client of the release sends some tens of requests a second. */
const largestClient = 32_767
const largestCount = 2_147_483_647
const mostPerSecond = 5000

export const servegen: Importer = {
  name: 'servegen',
  title: 'ServeGen client profiles',
  container: 'jsonl',
  // The lines are longer than a head, so they are known by how each begins.
  matches: head =>
    head.container === 'jsonl' &&
    ['client', 'windows', 'lengths'].every(key => head.columns.some(c => c === key || c.startsWith(`${key}.`))),
  content: (head, options) => ({
    kind: 'drawn',
    draw: text => {
      const seed = options.seed ?? 1
      const profiles = text
        .split('\n')
        .flatMap((line, i) => (line.trim() === '' ? [] : [profileOf(line, `${head.name}:${i + 1}`)]))
      const origin = options.startMicros ?? defaultStartMicros
      return {
        // Another seed is other traffic.
        variant: `seed=${seed}`,
        columns: ['at', 'input', 'output', 'client'],
        slots: csvSlots(drawClientSlots(profiles, seed)),
        originMicros: origin,
        estimated: false,
        reading: {
          text: { ...givenText(options), user: { column: 'client', fallback: null } },
          counts: {
            input: { column: 'input', minus: [], required: true },
            output: { column: 'output', minus: [], required: true },
          },
          none: plainCounts,
        },
        notes: [
          startNote(options),
          `requests are drawn from ${many(profiles.length, 'client profile')} with seed ${seed}; the profile's client is kept as user`,
          'every prompt token counts as uncached input; the share of reasoning is not drawn',
        ],
      }
    },
  }),
}

function* csvSlots(slots: Iterable<DrawnRequests>): Generator<{ n: number; lines: string }> {
  for (const { n, atSeconds, inputTokens, outputTokens, client } of slots) {
    const lines: string[] = []
    for (let i = 0; i < n; i++) {
      lines.push(`${Math.round(atSeconds[i]! * 1e6)},${inputTokens[i]},${outputTokens[i]},client-${client[i]}\n`)
    }
    yield { n, lines: lines.join('') }
  }
}

function profileOf(line: string, where: string): ClientProfile {
  const wrong = (what: string): Fault =>
    new Fault('FIELD_INVALID', `not a ServeGen client profile: ${what}`, {
      where,
      fix: 'see the ServeGen release for its shape',
    })
  let parsed: Line
  try {
    parsed = JSON.parse(line) as Line
  } catch {
    throw wrong('the line is not valid JSON')
  }
  const { client, windows, lengths } = parsed ?? {}
  if (!(Number.isInteger(client) && client >= 0 && client <= largestClient))
    throw wrong(`client is not a whole number from 0 to ${largestClient}`)
  if (!Array.isArray(windows) || windows.length === 0) throw wrong('windows is not a list')
  for (const window of windows) {
    const say = JSON.stringify(window)?.slice(0, 80)
    const [second, rate, , family, shape, scale] = Array.isArray(window) ? window : []
    if (![second, rate, shape, scale].every(n => typeof n === 'number' && Number.isFinite(n) && n >= 0))
      throw wrong(`window ${say}: expected [second, requests/s, cv, family, shape, scale]`)
    if (family !== 'Gamma' && family !== 'Weibull') throw wrong(`unknown family ${JSON.stringify(family)}`)
    // A client that sends nothing has no gaps to be fitted: shape and scale are then 0 in the release.
    if (rate > 0 && !(shape > 0 && scale > 0)) throw wrong(`window ${say}: shape and scale must be above 0`)
    if (rate > mostPerSecond) throw wrong(`window ${say}: more than ${mostPerSecond} requests/s`)
  }
  const blocks = Object.entries(lengths ?? {})
  if (blocks.length === 0) throw wrong('lengths has no block')
  return {
    client,
    windows: windows.map(([startSecond, requestsPerSecond, , family, shape, scale]) => ({
      startSecond,
      requestsPerSecond,
      family,
      shape,
      scale,
    })),
    lengths: blocks
      .map(([start, of]) => ({
        startSecond: Number(start),
        inputTokens: distribution(of?.input_tokens, () => wrong('input_tokens is not a distribution of whole numbers')),
        outputTokens: distribution(of?.output_tokens, () =>
          wrong('output_tokens is not a distribution of whole numbers'),
        ),
      }))
      .sort((a, b) => a.startSecond - b.startSecond),
  }
}

function distribution(counts: Counts | undefined, wrong: () => Fault): { values: number[]; weights: number[] } {
  const values = Object.keys(counts ?? {}).map(Number)
  const weights = Object.values(counts ?? {})
  const isCount = (n: number) => Number.isInteger(n) && n >= 0 && n <= largestCount
  if (!values.every(isCount) || !weights.every(w => typeof w === 'number' && w >= 0)) throw wrong()
  if (!weights.some(w => w > 0)) throw wrong()
  return { values, weights }
}
