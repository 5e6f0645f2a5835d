// The whole question over a day of 1.4 million calls: the published DeepSeek-R1 client profiles, drawn request by request.
import { join } from 'node:path'
import { crossline, root } from './crossline.ts'
import { type Figure, sideBySide } from './measure.ts'

export async function crossoverFigures(folder: string): Promise<Figure[]> {
  const profiles = join(root, 'data/traces/servegen-deepseek-r1-clients.jsonl.gz')
  await crossline(['import', profiles, '--data', folder])
  // Evidence is remembered by its inputs: another seed each round, so that every run does the work.
  let seed = 1
  const [one] = await sideBySide([
    () => crossline(['crossover', '--as-model', 'deepseek-r1', '--seed', String(seed++), '--json', '--data', folder]),
  ])
  return [
    {
      name: 'crossover over 1,383,669 calls',
      measured: `${one!.seconds.toFixed(2)} s, ${one!.peakMiB.toFixed(0)} MiB`,
      against: '-',
      value: one!.seconds,
      unit: 's',
      target: 10,
    },
  ]
}
