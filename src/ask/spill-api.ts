// Weights and a traffic in; the one hosted offer that stands for "the API" when a fleet has no room, out.

import { loadFacts, offersOf } from '../catalog/facts.ts'
import type { HostedOffer } from '../catalog/offers.ts'
import { Fault, nearestName } from '../core/fault/fault.ts'
import type { Arrivals } from '../core/serving/traffic/arrivals.ts'
import { lowerMiddle } from '../core/statistics/sample.ts'
import { longerThan } from './replica-terms.ts'

/** How the default offer is chosen, in the words that an answer repeats. */
export const spillApiRule =
  'of the offers of the same weights that take the most of these calls, each host by its cheapest, the one of middle price (the lower of two)'

/**
 * The offer called HOST:MODEL, as the catalog lists both. Faults SPILL_API_FORM, SPILL_API_UNKNOWN with the nearest name.
 */
export function namedOffer(name: string): HostedOffer {
  const cut = name.indexOf(':')
  if (cut < 1 || cut === name.length - 1) {
    throw new Fault('SPILL_API_FORM', `"${name}" is not HOST:MODEL`, {
      where: '--spill-api',
      fix: 'write bedrock:meta.llama3-1-70b-instruct-v1:0',
    })
  }
  const host = name.slice(0, cut).toLowerCase()
  const model = name.slice(cut + 1)
  const { offers } = loadFacts()
  const ofHost = offers.filter(offer => offer.host === host)
  if (ofHost.length === 0) {
    const near = nearestName(host, new Set(offers.map(offer => offer.host)))
    throw new Fault('SPILL_API_UNKNOWN', `no host "${host}" has offers in the catalog`, {
      where: '--spill-api',
      fix: near === null ? 'see the column host of data/hosted-offers.csv' : `did you mean ${near}?`,
    })
  }
  const key = model.toLowerCase()
  const matches = (offer: HostedOffer) => offer.modelAsListed.toLowerCase() === key || offer.weights === key
  const found = ofHost.find(offer => offer.modelAsListed.toLowerCase() === key) ?? ofHost.find(matches)
  if (found) return found
  const names = ofHost.flatMap(offer => [offer.modelAsListed, offer.weights])
  const near = nearestName(model, names)
  throw new Fault('SPILL_API_UNKNOWN', `${host} offers no "${model}" in the catalog`, {
    where: '--spill-api',
    fix: near === null ? `use one of ${ofHost.map(offer => offer.modelAsListed).join(', ')}` : `did you mean ${near}?`,
  })
}

/** The named offer of exactly these weights that stands for them until the team names one; null when nobody sells them. */
export function defaultOffer(weights: string, arrivals: Arrivals): HostedOffer | null {
  const calls = { ...arrivals, atMicros: arrivals.atSeconds }
  const offers = offersOf(weights).map(offer => ({
    offer,
    tooLong: longerThan(calls, offer.contextTokens, offer.maxOutputTokens),
    usd: usdOf(offer, arrivals),
  }))
  const fewest = Math.min(...offers.map(({ tooLong }) => tooLong))
  const byHost = new Map<string, (typeof offers)[number]>()
  for (const one of offers.filter(({ tooLong }) => tooLong === fewest)) {
    const known = byHost.get(one.offer.host)
    if (known === undefined || one.usd < known.usd) byHost.set(one.offer.host, one)
  }
  const ordered = [...byHost.values()].sort((a, b) => a.usd - b.usd || (a.offer.id < b.offer.id ? -1 : 1))
  return lowerMiddle(ordered)?.offer ?? null
}

/** For ordering only: the traffic at the offer's rates, both of which an offer shown by default has. */
function usdOf(offer: HostedOffer, { inputTokens, outputTokens }: Arrivals): number {
  const sum = (values: Int32Array) => values.reduce((total, value) => total + value, 0)
  return sum(inputTokens) * Number(offer.usdPerMtokInput) + sum(outputTokens) * Number(offer.usdPerMtokOutput)
}
