// JSON Lines of plans in, each tried on the same calls; one line of JSON with what that fleet did, or with what is wrong, per line out.
import type { CallTimes } from '../ask/busiest.ts'
import { fleetPlan } from '../ask/fleet-plan.ts'
import { type SimulationTools, simulation } from '../ask/simulation.ts'
import { Fault } from '../core/fault/fault.ts'
import { checkParams } from '../server/parameters.ts'
import { type BatchTally, batchLines } from './batch-lines.ts'
import { type Plan, planShape } from './plan-shape.ts'
import { askedBy } from './simulate-flags.ts'

interface BatchFrame {
  /** The input's name in errors. */
  readonly file: string
  /** What a line leaves out. */
  readonly stated: Plan
  readonly calls: CallTimes
  readonly seed: number
  readonly tools: SimulationTools
}

/** Answers a stream of JSON Lines in order. */
export function simulateBatch(
  chunks: AsyncIterable<string>,
  write: (text: string) => Promise<void> | void,
  { file, stated, calls, seed, tools }: BatchFrame,
): Promise<BatchTally> {
  const members = (record: Readonly<Record<string, unknown>>): string => {
    const { id: _, ...own } = record
    if (own.trace !== undefined) {
      throw new Fault('PLAN_CONFLICT', 'a line names a trace of its own', {
        where: 'trace',
        fix: 'give --trace: every line is tried on the same calls',
      })
    }
    const asked = askedBy({ ...stated, ...checkParams(planShape, own, 'simulate') }, seed)
    const answer = asked.plan === null ? simulation(calls, asked.question, tools) : fleetPlan(calls, asked.plan, tools)
    return JSON.stringify(answer).slice(1, -1)
  }
  return batchLines(chunks, write, members, { file, example: '{"id","model","gpu","replicas",…}' })
}
