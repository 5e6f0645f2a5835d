import fc from 'fast-check'
import { expect, test } from 'vitest'
import { rowsFor, spread } from './place.ts'

const labels = fc.array(
  fc.record({
    at: fc.double({ min: -200, max: 1200, noNaN: true }),
    size: fc.double({ min: 8, max: 30, noNaN: true }),
  }),
  { maxLength: 20 },
)

test('labels never overlap, keep their order and stay inside when they fit', () => {
  fc.assert(
    fc.property(labels, list => {
      const places = spread(list, 0, 1000)
      const order = list.map((_, i) => i).sort((a, b) => places[a]! - places[b]!)
      order.forEach((i, rank) => {
        expect(places[i]! - list[i]!.size / 2).toBeGreaterThan(-1e-6)
        expect(places[i]! + list[i]!.size / 2).toBeLessThan(1000 + 1e-6)
        const before = order[rank - 1]
        if (before === undefined) return
        expect(places[i]! - places[before]!).toBeGreaterThan((list[i]!.size + list[before]!.size) / 2 - 1e-6)
        expect(list[i]!.at).toBeGreaterThanOrEqual(list[before]!.at)
      })
    }),
  )
})

test('labels that do not touch stay where they were wished', () => {
  expect(
    spread(
      [
        { at: 300, size: 10 },
        { at: 100, size: 10 },
      ],
      0,
      1000,
    ),
  ).toEqual([300, 100])
})

test('a label without room in any row is left out, the more important one stays', () => {
  expect(
    rowsFor(
      [
        { from: 0, to: 50 },
        { from: 40, to: 90 },
        { from: 70, to: 99 },
      ],
      1,
      5,
    ),
  ).toEqual([0, null, 0])
})
