// JSON Lines of shapes, lengths and objectives in; one line of JSON with the capacity, or with what is wrong, per line out.
import type { CallTimes } from '../ask/busiest.ts'
import { capacityOf } from '../ask/capacity.ts'
import { type CapacityParams, capacityQuestion, checkedCapacity } from '../server/capacity.ts'
import { type BatchTally, batchLines } from './batch-lines.ts'

/**
 * Answers a stream of JSON Lines in order. What a line leaves out is taken from `defaults`, and the traffic from `calls`
 * where neither states lengths.
 * @param file names the input in errors
 */
export function capacityBatch(
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  file: string,
  defaults: Partial<CapacityParams>,
  calls: CallTimes | null,
): Promise<BatchTally> {
  const members = (record: Readonly<Record<string, unknown>>): string => {
    const { id: _, ...stated } = record
    const params = checkedCapacity({ ...defaults, ...stated })
    return JSON.stringify(capacityOf(capacityQuestion(params), calls)).slice(1, -1)
  }
  return batchLines(chunks, write, members, { file, example: '{"id","model","gpu","input","output",…}' })
}
