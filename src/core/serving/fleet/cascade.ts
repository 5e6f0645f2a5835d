// Requests and a share → which of them go on to a larger model after the fleet has answered, one by one: no average is ever multiplied.
import { Fault } from '../../fault/fault.ts'
import { stream } from '../../statistics/random.ts'

/** 1 for each request that escalates, drawn by itself from the seed: a larger share keeps all that a smaller one has. */
export function drawEscalations(n: number, share: number, seed: number): Uint8Array {
  if (!(share >= 0 && share <= 1)) {
    throw new Fault('CASCADE_SHARE', `a share of requests lies between 0 and 1, got ${share}`, {
      fix: 'write 0.2 for 20 %',
    })
  }
  const random = stream(seed, 'cascade')
  return Uint8Array.from({ length: n }, () => (random.uniform() < share ? 1 : 0))
}
