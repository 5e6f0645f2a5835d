// Requests and the shapes of a fleet in; how many no replica can ever hold, and what would hold the longest, out.
import { many } from '../core/fault/many.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import { longestServed } from '../core/serving/fleet/group.ts'
import type { Gpu } from '../core/serving/hardware/hardware.ts'
import type { ReplicaShape } from '../core/serving/hardware/memory.ts'
import type { Arrivals } from '../core/serving/traffic/arrivals.ts'

/** Null: every request fits into a replica of one of the shapes. */
export function tooLong(
  { n, inputTokens, outputTokens }: Arrivals,
  shapes: readonly ReplicaShape[],
  gpus: readonly Gpu[],
): { readonly calls: number; readonly note: string } | null {
  const held = shapes.map(shape => longestServed(buildEngine(shape)))
  const most = Math.max(...held)
  let calls = 0
  let longest = 0
  for (let id = 0; id < n; id++) {
    const tokens = inputTokens[id]! + outputTokens[id]!
    if (tokens <= most) continue
    calls++
    longest = Math.max(longest, tokens)
  }
  if (calls === 0) return null
  const shape = shapes[held.indexOf(most)]!
  const number = (tokens: number) => tokens.toLocaleString('en-US')
  const head = `${many(calls, 'call')} of up to ${number(longest)} tokens fit into no replica, which holds ${number(most)}`
  const { maxContext, id } = shape.model
  if (longest > maxContext) return { calls, note: `${head}: the context of ${id} ends at ${number(maxContext)}` }
  const ways = waysToHold(shape, longest, gpus)
  return {
    calls,
    note: `${head}: ${ways.length > 0 ? `${ways.join(' or ')} would hold them` : 'nothing in the catalog holds them'}`,
  }
}

/** The smallest change of each kind that holds a request of so many tokens. */
function waysToHold(shape: ReplicaShape, tokens: number, gpus: readonly Gpu[]): string[] {
  const { gpu, model, tp, kvDtype = 'bf16' } = shape
  const holds = (changed: ReplicaShape): boolean => longestServed(buildEngine(changed)) >= tokens
  const wider = [2, 4, 8].find(n => n > tp && model.heads % n === 0 && holds({ ...shape, tp: n }))
  const larger = [...gpus]
    .sort((a, b) => a.memoryGiB - b.memoryGiB)
    .find(one => one.memoryGiB > gpu.memoryGiB && one.vendor === gpu.vendor && holds({ ...shape, gpu: one }))
  const is16Bit = ['bf16', 'fp16', 'auto'].includes(kvDtype)
  return [
    ...(wider === undefined ? [] : [`tensor parallelism ${wider}`]),
    ...(is16Bit && gpu.arch !== 'volta' && holds({ ...shape, kvDtype: 'fp8' }) ? ['an fp8 cache'] : []),
    ...(larger === undefined ? [] : [larger.id]),
  ]
}
