// Ten thousand clients that each hear a slow stream at once, over two workers, in; the memory that Crossline takes for them, out.
import { residentBytes, treeOf } from '../../test/process-tree.ts'
import type { Figure } from '../measure.ts'
import { streamBody } from './bodies.ts'
import type { Crossline } from './crossline.ts'
import type { Loader } from './loader.ts'

const streams = 10_000
/** A chunk every two seconds for a minute: the last client comes long before the first one goes. */
const body = streamBody(30, 2000)

export async function manyStreams(crossline: Crossline, loader: Loader): Promise<Figure[]> {
  let peakBytes = 0
  const sampler = setInterval(() => {
    peakBytes = Math.max(peakBytes, residentBytes(treeOf(crossline.pid)))
  }, 250)
  try {
    const { answers, failures, failure, seconds } = await loader.held(crossline.run('held'), body, streams)
    if (failures > 0) throw new Error(`${failures} of ${streams} streams failed, the first: ${failure}`)
    await crossline.check('held', answers)
    return [
      {
        name: `${streams.toLocaleString('en')} streams at once, memory of all processes`,
        measured: `${answers.toLocaleString('en')} whole, each in the ledger, ${seconds.toFixed(0)} s`,
        against: `${treeOf(crossline.pid).length} processes`,
        value: peakBytes / 2 ** 30,
        unit: 'GiB',
        target: 1,
      },
    ]
  } finally {
    clearInterval(sampler)
  }
}
