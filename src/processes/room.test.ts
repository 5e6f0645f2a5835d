import { expect, test } from 'vitest'
import { openFilesOf, roomFor } from './room.ts'

/** As Linux 6.1 writes it. */
const limits = (soft: string) => `Limit                     Soft Limit           Hard Limit           Units     
Max core file size        0                    unlimited            bytes     
Max processes             95703                95703                processes 
Max open files            ${soft}                 1048576              files     
Max locked memory         8388608              8388608              bytes     
`

test('a call takes two files, its client’s and its upstream’s, and some are for all that is no call', () => {
  const room = roomFor(openFilesOf(limits('4096')))
  expect(2 * room).toBeLessThan(4096)
  expect(room).toBeGreaterThan(1900)
})

test('without a limit there is room for all, and with the smallest one still for one call after the other', () => {
  expect(roomFor(openFilesOf(limits('unlimited')))).toBe(Number.POSITIVE_INFINITY)
  expect(roomFor(openFilesOf(''))).toBe(Number.POSITIVE_INFINITY)
  expect(roomFor(20)).toBe(1)
})
