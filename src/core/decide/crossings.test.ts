import fc from 'fast-check'
import { expect, test } from 'vitest'
import { crossings, nextBelow } from './crossings.ts'
import { cheapestAfter, envelope } from './envelope.ts'
import { type Curve, curveAt } from './staircase.ts'

const any = Number.POSITIVE_INFINITY
const line = (slope: number, fixed = 0): Curve => ({ fixed, slope, step: 0, capacity: any, minimum: 0, limit: any })
const stair = (step: number, capacity: number, fixed = 0, minimum = 1, slope = 0): Curve => ({
  fixed,
  slope,
  step,
  capacity,
  minimum,
  limit: any,
})

test('the worked example: wins on 11,667–12,000, 15,000–18,000, and for good from 18,333 Mtok', () => {
  const { list, total, forGood } = crossings(line(0.6), stair(2000, 6000, 3000))
  expect(list.map(crossing => crossing.at)).toEqual([7000 / 0.6, 9000 / 0.6, 11000 / 0.6])
  expect(list.map(crossing => crossing.lots)).toEqual([2, 3, 4])
  expect(total).toBe(3)
  expect(forGood?.at).toBeCloseTo(18333.3333333, 6)
})

test('a full replica that costs exactly what the API charges touches the line and is never cheaper', () => {
  expect(crossings(line(0.5), stair(3000, 6000)).total).toBe(0)
})

test('a level reached exactly at the end of a segment is a touch, not a crossing', () => {
  // F = 1000, K = 2000, D = 3000: at the end of segment 1 both cost 3000.
  const { list, forGood } = crossings(line(0.5), stair(2000, 6000, 1000))
  expect(list[0]).toEqual({ at: 10000, lots: 2 })
  expect(forGood).toEqual({ at: 14000, lots: 3 })
})

test('an API with a larger fixed cost loses from volume 0, and the API wins later for good', () => {
  const { list, forGood } = crossings(line(0.1, 8900), stair(2000, 6000))
  expect(list[0]).toEqual({ at: 0, lots: 1 })
  expect(list.map(crossing => crossing.lots)).toEqual([1, 6])
  expect(forGood).toBeNull()
})

test('when a head start is kept at every step but not whole, a crossing follows each step and the list is bounded', () => {
  const { list, total, forGood } = crossings(line(0.5, 1000), stair(3000, 6000), 7)
  expect(total).toBe(any)
  expect(list).toHaveLength(7)
  expect(list.slice(0, 3).map(crossing => crossing.at)).toEqual([4000, 10000, 16000])
  expect(forGood).toBeNull()
})

test('a list cut short still gives the exact point of no return', () => {
  // F = 1,001,000 and D − K = 1: wins from segment F + 1 on, whole from n2 = F + D; so for good from within n2 − 1.
  const { list, total, forGood } = crossings(line(1), stair(1999, 2000, 1_001_000))
  expect(list).toHaveLength(1000)
  expect(list[0]!.lots).toBe(1_001_001)
  expect(forGood).toEqual({ at: 1_001_000 + 1999 * 1_002_999, lots: 1_002_999 })
  expect(total).toBe(1999)
})

/** Where own < api on open intervals between all points at which anything can change, by evaluating their middles. */
function byEnumeration(api: Curve, own: Curve, segments: number): number[] {
  const points = new Set<number>([0])
  // Spares take lots of their own: those of the last segment lie beyond its number.
  for (let n = 1; n <= segments + 4; n++) {
    points.add(n * own.capacity)
    if (own.knee && n < own.knee.replicas) points.add(n * own.knee.capacity)
    const meet = (own.fixed + own.step * n - api.fixed) / (api.slope - own.slope)
    if (meet > 0 && meet < segments * own.capacity) points.add(meet)
  }
  const ordered = [...points].sort((x, y) => x - y)
  const begins: number[] = []
  let winning = false
  for (let i = 0; i + 1 < ordered.length; i++) {
    const low = ordered[i]!
    const high = ordered[i + 1]!
    if (high - low < 1e-9 * high) continue
    const middle = (low + high) / 2
    const wins = curveAt(own, middle) < curveAt(api, middle) - 1e-9
    if (wins && !winning) begins.push(low)
    winning = wins
  }
  return begins.filter(at => at < segments * own.capacity - 1e-9)
}

// Whole numbers keep products exact, and small ranges make touches and boundaries frequent.
const pairs = fc.record({
  a: fc.integer({ min: 1, max: 12 }),
  capacity: fc.integer({ min: 1, max: 12 }),
  K: fc.integer({ min: 0, max: 60 }),
  ownFixed: fc.integer({ min: 0, max: 60 }),
  apiFixed: fc.integer({ min: 0, max: 60 }),
  minimum: fc.integer({ min: 0, max: 4 }),
  slope: fc.integer({ min: 0, max: 13 }),
  lot: fc.integer({ min: 1, max: 4 }),
  spare: fc.integer({ min: 0, max: 3 }),
})

test('law 8: the crossings are those that enumeration finds, "never" and "for good" included', () => {
  fc.assert(
    fc.property(pairs, ({ a, capacity, K, ownFixed, apiFixed, minimum, slope, lot, spare }) => {
      const api = line(a, apiFixed)
      const own = { ...stair(K, capacity, ownFixed, minimum, slope), lot, spare }
      const segments = 200
      const { list, total, forGood } = crossings(api, own)
      const begins = byEnumeration(api, own, segments)
      const seen = list.filter(crossing => crossing.at < segments * capacity - 1e-9)
      expect(seen.map(crossing => crossing.at.toPrecision(9))).toEqual(begins.map(at => at.toPrecision(9)))
      if (K >= (a - slope) * capacity * lot && ownFixed >= apiFixed && a >= slope) expect(total).toBe(0)
      if (forGood !== null) {
        expect(list[list.length - 1]).toEqual(forGood)
        for (let n = forGood.lots * lot; n < forGood.lots * lot + 300; n++) {
          const volume = n * capacity + 1e-6
          if (volume > forGood.at) expect(curveAt(own, volume)).toBeLessThanOrEqual(curveAt(api, volume) + 1e-5)
        }
      } else if (total > 0) {
        // Not for good: somewhere far out the API is cheaper just above a step.
        const far = ((list.at(-1)!.lots + 500) * lot - spare) * capacity + 1e-6
        expect(curveAt(api, far)).toBeLessThan(curveAt(own, far))
      }
    }),
    { numRuns: 600 },
  )
})

const kneed = (curve: Curve, replicas: number, share: number, slope: number): Curve => ({
  ...curve,
  slope,
  knee: { replicas, capacity: (curve.capacity * share) / 8 },
})
const knees = fc.record({
  replicas: fc.integer({ min: 1, max: 7 }),
  share: fc.integer({ min: 1, max: 8 }),
  slope: fc.integer({ min: 0, max: 3 }),
})

test('law 8 holds with a knee, which small fleets have for their bursts, and with what they spill', () => {
  fc.assert(
    fc.property(pairs, knees, ({ a, capacity, K, ownFixed, apiFixed, minimum, lot, spare }, knee) => {
      const { replicas, share, slope } = knee
      const api = line(a, apiFixed)
      const own = { ...kneed(stair(K, capacity, ownFixed, minimum), replicas, share, slope), lot, spare }
      const segments = 200
      const { list, total, forGood } = crossings(api, own)
      const begins = byEnumeration(api, own, segments)
      const seen = list.filter(crossing => crossing.at < segments * capacity - 1e-9)
      expect(seen.map(crossing => crossing.at.toPrecision(9))).toEqual(begins.map(at => at.toPrecision(9)))
      if (Number.isFinite(total)) expect(list).toHaveLength(total)
      if (forGood !== null) {
        expect(list.at(-1)).toEqual(forGood)
        for (let n = forGood.lots * lot; n < forGood.lots * lot + 300; n++) {
          const volume = n * capacity + 1e-6
          if (volume > forGood.at) expect(curveAt(own, volume)).toBeLessThanOrEqual(curveAt(api, volume) + 1e-5)
        }
      }
    }),
    { numRuns: 600 },
  )
})

test('own GPUs that catch up exactly where the knee ends cross there, when a step costs nothing', () => {
  // 21 against 15 + 2·v: even at v = 3, the end of the sixth half step.
  const own = kneed(stair(0, 1, 21, 0), 7, 4, 0)
  expect(crossings(line(2, 15), own).list).toEqual([{ at: 3, lots: 7 }])
})

test('a lead so small that it takes more segments than numbers can count is found all the same, and ends', () => {
  // F = 10⁹ and D − K = 3 · 10⁻¹²: the first segment won is beyond 2⁵³, where n + 1 = n.
  const { list, forGood } = crossings(line(1), stair(1 - 3e-12, 1, 1e9), 3)
  expect(list.length).toBeLessThanOrEqual(3)
  expect(list[0]!.lots).toBeGreaterThan(Number.MAX_SAFE_INTEGER)
  expect(forGood).not.toBeNull()
})

test('the lower envelope changes exactly where a fine scan sees another curve become the cheapest', () => {
  const curve = fc.oneof(
    fc
      .record({ a: fc.integer({ min: 1, max: 9 }), fixed: fc.integer({ min: 0, max: 40 }) })
      .map(c => line(c.a, c.fixed)),
    fc
      .record({
        K: fc.integer({ min: 1, max: 40 }),
        capacity: fc.integer({ min: 1, max: 9 }),
        fixed: fc.integer({ min: 0, max: 40 }),
        slope: fc.integer({ min: 0, max: 9 }),
      })
      .map(c => stair(c.K, c.capacity, c.fixed, 1, c.slope)),
    fc.tuple(pairs, knees).map(([{ K, capacity, ownFixed, minimum, lot, spare }, { replicas, share, slope }]) => ({
      ...kneed(stair(1 + K, capacity, ownFixed, minimum), replicas, share, slope),
      lot,
      spare,
    })),
  )
  fc.assert(
    fc.property(fc.array(curve, { minLength: 1, maxLength: 5 }), curves => {
      const high = 60
      const { first, changes, stoppedAt } = envelope(curves, 0, high)
      expect(stoppedAt).toBeNull()
      const cheapestAt = (v: number) => {
        let index = first!
        for (const change of changes) if (change.at < v) index = change.to
        return index
      }
      for (let i = 0; i < 600; i++) {
        const v = (i + 0.5) * (high / 600)
        const least = Math.min(...curves.map(other => curveAt(other, v)))
        expect(curveAt(curves[cheapestAt(v)]!, v)).toBeCloseTo(least, 6)
      }
      for (const change of changes) {
        expect(change.from).not.toBe(change.to)
        expect(cheapestAfter(curves, change.at)).toBe(change.to)
      }
    }),
    { numRuns: 150 },
  )
})

test('nextBelow is the first crossing above a volume', () => {
  const own = stair(2000, 6000, 3000)
  expect(nextBelow(line(0.6), own, 0)).toBeCloseTo(7000 / 0.6, 9)
  expect(nextBelow(line(0.6), own, 12000)).toBeCloseTo(15000, 9)
  expect(nextBelow(line(0.6), own, 18000)).toBeCloseTo(11000 / 0.6, 9)
  expect(nextBelow(line(0.3), own, 0)).toBeNull()
})
