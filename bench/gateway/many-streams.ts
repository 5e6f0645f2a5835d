// Ten thousand clients that each hear a slow stream at once, over two workers, in; the memory that Crossline takes for them, out.
import { residentBytes, titleOf, treeOf } from '../../test/process-tree.ts'
import type { Figure } from '../measure.ts'
import { togetherBody } from './bodies.ts'
import type { Crossline } from './crossline.ts'
import type { Loader } from './loader.ts'

const streams = 10_000
const body = togetherBody(10, streams)

export async function manyStreams(crossline: Crossline, loader: Loader): Promise<Figure[]> {
  let peak: readonly { readonly name: string; readonly bytes: number }[] = []
  const sampler = setInterval(() => {
    const now = treeOf(crossline.pid).map(pid => ({ name: nameOf(pid, crossline.pid), bytes: residentBytes([pid]) }))
    if (sum(now) > sum(peak)) peak = now
  }, 250)
  try {
    const { answers, failures, failure, seconds, mostAtOnce } = await loader.held(crossline.run('held'), body, streams)
    if (failures > 0) throw new Error(`${failures} of ${streams} streams failed, the first: ${failure}`)
    if (mostAtOnce < streams) throw new Error(`only ${mostAtOnce} streams were heard at once`)
    await crossline.check('held', answers)
    return [
      {
        name: `${streams.toLocaleString('en')} streams at once, memory of all processes`,
        measured: `${answers.toLocaleString('en')} whole, each in the ledger, ${seconds.toFixed(0)} s`,
        against: peak.map(({ name, bytes }) => `${name} ${Math.round(bytes / 2 ** 20)} MiB`).join(', '),
        value: sum(peak) / 2 ** 30,
        unit: 'GiB',
        target: 1,
      },
    ]
  } finally {
    clearInterval(sampler)
  }
}

const sum = (held: readonly { readonly bytes: number }[]): number => held.reduce((all, one) => all + one.bytes, 0)
const nameOf = (pid: number, root: number): string =>
  pid === root ? 'supervisor' : titleOf(pid).replace('crossline ', '')
