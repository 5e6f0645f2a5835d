// One worker and two in turn; how much more two carry, out. On a machine of few cores load and upstream want them as well.
import { cpus } from 'node:os'
import { type Figure, median } from '../measure.ts'
import type { Place } from './contender.ts'
import { startCrossline } from './crossline.ts'
import type { Loader } from './loader.ts'

export async function scaling(place: Place, body: string, loader: Loader, rounds: number): Promise<Figure[]> {
  const one = await startCrossline(place, 1)
  try {
    const two = await startCrossline(place, 2)
    try {
      const found: { one: number; two: number }[] = []
      for (let round = -1; round < rounds; round++) {
        const rates = []
        for (const crossline of [one, two]) {
          const run = `scaling-${round}`
          const { answers, seconds, failures, failure } = await loader.closed(crossline.run(run), body, 64, 3000)
          if (failures > 0) throw new Error(`${crossline.name}: ${failures} failures, the first: ${failure}`)
          await crossline.check(run, answers)
          rates.push(answers / seconds)
        }
        if (round >= 0) found.push({ one: rates[0]!, two: rates[1]! })
      }
      const rate = (who: 'one' | 'two') =>
        `${Math.round(median(found.map(round => round[who]))).toLocaleString('en')}/s`
      return [
        {
          name: `JSON over two workers, ${cpus().length} cores for all`,
          measured: rate('two'),
          against: `one worker ${rate('one')}`,
          value: median(found.map(round => round.two / round.one)),
          unit: '×',
          target: null,
        },
      ]
    } finally {
      await two.stop()
    }
  } finally {
    await one.stop()
  }
}
