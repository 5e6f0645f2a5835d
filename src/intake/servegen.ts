// ServeGen client profiles (one client a line: windows of rate and burstiness, distributions of lengths), drawn request by request.
import { Fault } from '../core/fault/fault.ts'
import { type ClientProfile, type DrawnRequests, drawClientSlots } from '../core/statistics/arrivals-draw.ts'
import { defaultStartMicros, givenText, type Importer, plainCounts, startNote } from './importer.ts'

type Counts = Readonly<Record<string, number>>
interface Line {
  readonly client: number
  readonly windows: readonly (readonly [number, number, number, 'Gamma' | 'Weibull', number, number])[]
  readonly lengths: Readonly<Record<string, { readonly input_tokens: Counts; readonly output_tokens: Counts }>>
}

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
          `requests are drawn from ${profiles.length} client profiles with seed ${seed}; the profile's client is kept as user`,
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
  const { client, windows, lengths } = parsed
  if (!Number.isInteger(client)) throw wrong('client is not a whole number')
  if (!Array.isArray(windows) || windows.length === 0) throw wrong('windows is not a list')
  for (const window of windows) {
    const [second, rate, , family, shape, scale] = window
    if (![second, rate, shape, scale].every(n => typeof n === 'number' && Number.isFinite(n) && n >= 0)) {
      throw wrong(
        `window ${JSON.stringify(window).slice(0, 80)}: expected [second, requests/s, cv, family, shape, scale]`,
      )
    }
    if (family !== 'Gamma' && family !== 'Weibull') throw wrong(`unknown family ${JSON.stringify(family)}`)
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
        inputTokens: distribution(of.input_tokens, () => wrong('input_tokens is not a distribution of whole numbers')),
        outputTokens: distribution(of.output_tokens, () =>
          wrong('output_tokens is not a distribution of whole numbers'),
        ),
      }))
      .sort((a, b) => a.startSecond - b.startSecond),
  }
}

function distribution(counts: Counts | undefined, wrong: () => Fault): { values: number[]; weights: number[] } {
  const values = Object.keys(counts ?? {}).map(Number)
  const weights = Object.values(counts ?? {})
  if (values.length === 0 || !values.every(n => Number.isInteger(n) && n >= 0) || !weights.every(w => w >= 0))
    throw wrong()
  return { values, weights }
}
