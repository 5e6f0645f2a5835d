// An open load in; what a gateway adds to each call and to a stream's first byte, against the upstream asked directly, out.
import { type Figure, median } from '../measure.ts'
import type { Contender } from './contender.ts'
import type { Crossline } from './crossline.ts'
import type { Outcome, Target } from './load.ts'
import type { Loader } from './loader.ts'

const ms = 4000

export interface Parties {
  readonly direct: Target
  readonly bare: Contender
  readonly crossline: Crossline
  readonly loader: Loader
  readonly rounds: number
}

/** In turn: the upstream itself, the bare relay, Crossline; `rounds` times, and the median of what each round added. */
async function inTurn(
  name: string,
  body: string,
  perSecond: number,
  { direct, bare, crossline, loader, rounds }: Parties,
): Promise<{ direct: Outcome; bare: Outcome; ours: Outcome }[]> {
  const load = (target: Target) => loader.open(target, body, perSecond, ms)
  const found = []
  for (let round = -1; round < rounds; round++) {
    const run = `${name}-${round}`
    const one = { direct: await load(direct), bare: await load(bare.target), ours: await load(crossline.run(run)) }
    for (const [who, { failures, failure }] of Object.entries(one)) {
      if (failures > 0) throw new Error(`${name}, ${who}: ${failures} failures, the first: ${failure}`)
    }
    await crossline.check(run, one.ours.answers)
    // The first one is the warm-up.
    if (round >= 0) found.push(one)
  }
  return found
}

export async function addedLatency(body: string, parties: Parties): Promise<Figure[]> {
  const perSecond = 500
  const found = await inTurn('open', body, perSecond, parties)
  return (['p50', 'p99'] as const).map(quantile => {
    const added = (who: 'ours' | 'bare') =>
      median(found.map(round => round[who].wholeMs[quantile] - round.direct.wholeMs[quantile]))
    const whole = (who: 'ours' | 'direct') =>
      `${median(found.map(round => round[who].wholeMs[quantile])).toFixed(2)} ms`
    return {
      name: `added ${quantile} at ${perSecond} calls/s`,
      measured: `${whole('ours')}, direct ${whole('direct')}`,
      against: `bare relay adds ${added('bare').toFixed(2)} ms`,
      value: added('ours'),
      unit: 'ms',
      target: quantile === 'p50' ? 0.3 : 2,
    }
  })
}

export async function firstByte(body: string, parties: Parties): Promise<Figure[]> {
  const perSecond = 100
  const found = await inTurn('first-byte', body, perSecond, parties)
  return (['p50', 'p99'] as const).map(quantile => {
    const of = (who: 'ours' | 'bare') => median(found.map(round => round[who].firstByteMs[quantile]))
    return {
      name: `first streamed byte later than the bare relay's, ${quantile}, ${perSecond} streams/s`,
      measured: `${of('ours').toFixed(2)} ms`,
      against: `${of('bare').toFixed(2)} ms`,
      value: median(found.map(round => round.ours.firstByteMs[quantile] - round.bare.firstByteMs[quantile])),
      unit: 'ms',
      target: quantile === 'p50' ? 0.3 : null,
    }
  })
}
