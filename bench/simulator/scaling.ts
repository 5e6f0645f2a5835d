// From ten thousand to ten million requests: whether time grows as they do, and memory does not, each in a process of its own.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { type Figure, median } from '../measure.ts'

const sizes = [1e4, 1e5, 1e6, 1e7]

export async function scalingFigures(rounds: number): Promise<Figure[]> {
  const runs = sizes.map(size => {
    const all = Array.from({ length: rounds }, () => oneSize(size))
    return { seconds: median(all.map(run => run.seconds)), peakMiB: Math.max(...all.map(run => run.peakMiB)) }
  })
  const rows = sizes.map((size, i): Figure => {
    const { seconds, peakMiB } = runs[i]!
    return {
      name: `simulate ${size.toLocaleString('en-US')} requests as they come, 1 replica`,
      measured: `${seconds.toFixed(2)} s, ${Math.round(peakMiB)} MiB at most`,
      against: '-',
      value: Math.round(size / seconds),
      unit: 'requests/s',
      target: null,
    }
  })
  const [million, tenMillion] = [runs.at(-2)!, runs.at(-1)!]
  return [
    ...rows,
    {
      name: 'ten times a million requests',
      measured: `${tenMillion.seconds.toFixed(2)} s`,
      against: `${million.seconds.toFixed(2)} s`,
      value: tenMillion.seconds / million.seconds,
      unit: 'times the time',
      target: 11,
    },
    {
      name: 'their memory',
      measured: `${Math.round(tenMillion.peakMiB)} MiB`,
      against: `${Math.round(million.peakMiB)} MiB`,
      value: tenMillion.peakMiB / million.peakMiB,
      unit: 'times the memory',
      target: 1.1,
    },
  ]
}

function oneSize(requests: number): { seconds: number; peakMiB: number } {
  const script = join(import.meta.dirname, 'one-size.ts')
  return JSON.parse(execFileSync(process.execPath, ['--import', 'tsx', script, `${requests}`], { encoding: 'utf8' }))
}
