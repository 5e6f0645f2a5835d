import { Socket } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { handConnections } from './connections.ts'

type Step = 'come' | 'open' | 'took' | 'die'

test('whatever comes, dies and is opened again: each connection is taken once, by one that lives, and in its turn', () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom<Step>('come', 'come', 'open', 'took', 'took', 'die'), fc.nat({ max: 5 })),
    { maxLength: 80 },
  )
  fc.assert(
    fc.property(steps, steps => {
      const connections = handConnections()
      const come: Socket[] = []
      const taken: Socket[] = []
      const open: { under: Socket[]; place: ReturnType<typeof connections.open> }[] = []
      const add = () => {
        const under: Socket[] = []
        const take = (socket: Socket) => {
          expect(under).toEqual([])
          under.push(socket)
          return true
        }
        const one = { under, place: null as never as ReturnType<typeof connections.open> }
        open.push(one)
        one.place = connections.open({ take })
      }
      const took = ({ under, place }: (typeof open)[number]) => {
        if (under.length > 0) taken.push(under.pop()!)
        place.took(true)
      }
      for (const [step, n] of steps) {
        const one = open[n % Math.max(1, open.length)]
        if (step === 'come') {
          const socket = new Socket()
          come.push(socket)
          connections.add(socket)
        } else if (step === 'open') add()
        else if (one === undefined) continue
        else if (step === 'took') took(one)
        else {
          open.splice(open.indexOf(one), 1)
          one.place.closed()
        }
      }
      if (open.length === 0) add()
      while (taken.length < come.length) for (const one of [...open]) took(one)
      expect(new Set(taken)).toEqual(new Set(come))
      expect(taken.length).toBe(come.length)
      expect(taken.every(socket => socket.destroyed)).toBe(true)
    }),
  )
})

test('one that is gone is passed over, and who waits when the server ends is let go', () => {
  const connections = handConnections()
  connections.open({ take: () => false })
  const [first, second] = [new Socket(), new Socket()]
  connections.add(first)
  const heard: Socket[] = []
  const place = connections.open({ take: socket => heard.push(socket) > 0 })
  connections.add(second)
  expect(heard).toEqual([first])
  connections.close()
  expect([first.destroyed, second.destroyed]).toEqual([false, true])
  // What is handed back then has nobody to go to.
  place.closed()
  expect(first.destroyed).toBe(true)
})

test('one without room is handed nothing until it has some: others are, or whoever comes waits', () => {
  const connections = handConnections()
  const full: Socket[] = []
  const place = connections.open({ take: socket => full.push(socket) > 0 })
  const [first, second, third] = [new Socket(), new Socket(), new Socket()]
  connections.add(first)
  place.took(false)
  connections.add(second)
  expect(full).toEqual([first])
  const free: Socket[] = []
  connections.open({ take: socket => free.push(socket) > 0 })
  expect(free).toEqual([second])
  connections.add(third)
  expect(full).toEqual([first])
  place.room()
  expect(full).toEqual([first, third])
})
