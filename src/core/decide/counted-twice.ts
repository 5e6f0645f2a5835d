// Sums of calls beside the calls themselves in; a sentence that says that both are counted, out.
import { many } from '../fault/many.ts'

/** What one source of sums says of the days of which calls of the same seller are known, too. */
export interface CountedTwice {
  readonly source: string
  readonly name: string
  /** As the sums name it. */
  readonly provider: string
  /** First and last of these days, UTC. */
  readonly from: string
  readonly to: string
  /** On these days: of the sums, with what they cost by our prices (12 decimals), and of the calls. */
  readonly summed: { readonly calls: number; readonly usd: string }
  readonly calls: number
}

/** "usage.json sums up what openai served on 2026-11-20 (5 calls, $0.067), and 1 call of …". */
export function countedTwiceText({ name, provider, from, to, summed, calls }: CountedTwice): string {
  const days = from === to ? `on ${from}` : `from ${from} to ${to}`
  const usd = summed.usd.replace(/(\.\d\d\d*?)0+$/, '$1')
  const also = `${many(calls, 'call')} of these days ${calls === 1 ? 'is' : 'are'} here one by one`
  return `${name} sums up what ${provider} served ${days} (${many(summed.calls, 'call')}, $${usd}), and ${also}: what both tell of is counted twice. Take one out: crossline import undo ${name}`
}
