// Options of today's weights in; where the cheapest of them changes with each API as billed, before any lever, out.
import { estimate } from '../statistics/estimate.ts'
import type { Answer, Crossing, OptionAnswer } from './answer.ts'
import { envelope } from './envelope.ts'
import { curveOf } from './staircase.ts'

/** As `crossings`, which are after the levers: the same where no lever is left. All options have terms. */
export function changesAsBilled(
  group: readonly { readonly option: OptionAnswer }[],
  decided: readonly Crossing[],
  reachMtok: number,
): Answer['crossingsAsBilled'] {
  if (group.every(({ option }) => option.optimised === null)) {
    return decided.map(({ variable, at, from, to }) => ({ variable, at, from, to }))
  }
  const curves = group.map(({ option }) => curveOf(option.terms!))
  const { changes } = envelope(curves, 0, reachMtok)
  const nameOf = (index: number) => group[index]!.option.name
  return changes.map(({ at, from, to }) => ({
    variable: 'tokensPerMonth',
    at: estimate(at * 1e6),
    from: nameOf(from),
    to: nameOf(to),
  }))
}
