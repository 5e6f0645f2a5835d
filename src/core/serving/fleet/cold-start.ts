// A replica's shape → how long it takes from the wish for one more until it serves, part by part, each as published.
import { type ReplicaShape, weightBytes } from '../hardware/memory.ts'

export interface ColdStartPart {
  readonly name: string
  readonly seconds: number
  readonly source: string
}

/** Bytes a second from a network disk into one node: published loaders reach 0.3 (gp3, default loader) to 2 (io2, streamer). */
const networkBytesPerSecond = 1e9

/** The parts of a cold start in order; what the decision itself takes is the autoscaler's interval. Caches are empty afterwards. */
export function coldStartParts(shape: ReplicaShape): readonly ColdStartPart[] {
  const bytes = weightBytes(shape.model, shape.weightDtype)
  return [
    {
      name: 'node',
      seconds: 180,
      source: 'GPU node ready in 2 to 8 minutes, if there is one (alivedise.github.io BEE-30068)',
    },
    {
      name: 'image',
      seconds: 90,
      source: '10 to 20 GB pulled in 1 to 2 minutes (the same); 0 where it is on the node',
    },
    {
      name: 'weights',
      seconds: bytes / networkBytesPerSecond,
      source: `${(bytes / 1e9).toFixed(1)} GB at 1 GB/s from a network disk (NVIDIA Run:ai Model Streamer benchmarks: 0.3 to 2)`,
    },
    {
      name: 'engine',
      seconds: 120,
      source:
        'imports, compilation, graph capture: 64 s tuned, 200 s untuned (tensorfuse.io, vLLM, Llama-3.1-8B on L40S)',
    },
  ]
}

export const coldStartSeconds = (shape: ReplicaShape): number =>
  coldStartParts(shape).reduce((sum, part) => sum + part.seconds, 0)
