import { expect, test } from 'vitest'
import { Fault } from '../core/fault/fault.ts'
import { readLeases } from './leases.ts'

const reading = {
  gpuId: (name: string) => {
    if (name === 'h100') return 'h100-sxm-80gb'
    throw new Fault('GPU_UNKNOWN', `no GPU "${name}"`, { where: '--gpu', fix: 'did you mean h100?' })
  },
  micros: (text: string) => {
    const ms = Date.parse(text)
    if (Number.isNaN(ms)) throw new Fault('BAD_TIME', 'not a time', { where: 'x', fix: 'write 2026-11-01' })
    return ms * 1000
  },
}
const read = (text: string) => readLeases('leases.csv', text, reading)
const header = 'gpu,count,from,to,usdPerHour,committedUntil,team\n'

function faultOf(text: string): Fault {
  try {
    read(text)
  } catch (thrown) {
    return thrown as Fault
  }
  throw new Error('nothing was thrown')
}

test('a list as a person writes it: empty cells, blank lines, a byte order mark, other header spellings', () => {
  const two = read(
    `\uFEFF${header}h100,8,2026-11-01,,2.49,2027-11-01,search\n\nh100,1,2026-11-03,2026-11-05, 1.90 ,,\n`,
  )
  expect(two).toEqual([
    {
      line: 2,
      gpu: 'h100-sxm-80gb',
      count: 8,
      fromMicros: Date.UTC(2026, 10, 1) * 1000,
      toMicros: null,
      usdPerGpuHour: '2.49',
      committedUntilMicros: Date.UTC(2027, 10, 1) * 1000,
      team: 'search',
    },
    {
      line: 4,
      gpu: 'h100-sxm-80gb',
      count: 1,
      fromMicros: Date.UTC(2026, 10, 3) * 1000,
      toMicros: Date.UTC(2026, 10, 5) * 1000,
      usdPerGpuHour: '1.90',
      committedUntilMicros: null,
      team: null,
    },
  ])
  expect(read('usd_per_hour;GPU;count;from\r\n2;h100;1;2026-11-01\r\n')).toMatchObject([
    { usdPerGpuHour: '2', line: 2 },
  ])
})

test.each([
  ['b100,1,2026-11-01,,2,,', 'gpu: expected a GPU of the catalog, got "b100"', 'did you mean h100?'],
  ['h100,0,2026-11-01,,2,,', 'count: expected a whole number from 1, got "0"', null],
  ['h100,1.5,2026-11-01,,2,,', 'count: expected a whole number from 1, got "1.5"', null],
  ['h100,,2026-11-01,,2,,', 'count: expected a whole number from 1, got ""', null],
  ['h100,1,yesterday,,2,,', 'from: expected a date or time such as 2026-11-01, got "yesterday"', 'write 2026-11-01'],
  ['h100,1,,,2,,', 'from: expected a date or time such as 2026-11-01, got ""', 'write 2026-11-01'],
  [
    'h100,1,2026-11-02,2026-11-02,2,,',
    'to: expected a time after 2026-11-02, or nothing while it runs, got "2026-11-02"',
    null,
  ],
  ['h100,1,2026-11-01,,free,,', 'usdPerHour: expected US dollars for one GPU and hour, such as 2.49, got "free"', null],
  ['h100,1,2026-11-01,,-2,,', 'usdPerHour: expected US dollars for one GPU and hour, such as 2.49, got "-2"', null],
  ['h100,1,2026-11-01,,,,', 'usdPerHour: expected US dollars for one GPU and hour, such as 2.49, got ""', null],
  [
    'h100,1,2026-11-01,,2,soon,',
    'committedUntil: expected a date or time such as 2026-11-01, got "soon"',
    'write 2026-11-01',
  ],
])('a bad line names file, line and field: %s', (line, message, fix) => {
  const fault = faultOf(`${header}h100,1,2026-11-01,,2,,\n${line}\n`)
  expect(fault).toMatchObject({ code: 'LEASE_INVALID', message, where: 'leases.csv:3', kind: 'input' })
  if (fix !== null) expect(fault.fix).toBe(fix)
})

test('several bad lines are one error that counts them', () => {
  const fault = faultOf(`${header}h100,x,2026-11-01,,2,,\nh100,1,2026-11-01,,2,,\nh100,1,2026-11-01,,x,,\n`)
  expect(fault.message).toBe('count: expected a whole number from 1, got "x" (and 1 more bad line)')
  expect(fault.where).toBe('leases.csv:2')
})

test('a header that is not understood, and a file without leases', () => {
  expect(faultOf('gpu,count,from,usdPerHuor\nh100,1,2026-11-01,2\n')).toMatchObject({
    message: 'unknown column "usdPerHuor"',
    where: 'leases.csv:1',
    fix: 'did you mean "usdPerHour"?',
  })
  expect(faultOf('gpu,count,from\nh100,1,2026-11-01\n').message).toBe('the column "usdPerHour" is missing')
  expect(faultOf('gpu,gpu,count,from,usdPerHour\n').message).toBe('two columns are named "gpu"')
  expect(faultOf('').code).toBe('LEASES_EMPTY')
  expect(faultOf(header).code).toBe('LEASES_EMPTY')
  expect(faultOf(`${header}"h100,1\n`).code).toBe('LEASES_UNREADABLE')
})
