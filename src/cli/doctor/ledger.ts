// The ledger: whether it opens, and how much of what it has is in doubt.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { readLock } from '../../server/lock.ts'
import type { CommandFrame } from '../command.ts'
import { errorLine } from '../output.ts'
import { runOperation } from '../run-operation.ts'
import { type Check, type Finding, fail, ok, warn } from './check.ts'

export const ledger: Check = {
  name: 'ledger',
  async look(frame) {
    const { data } = frame.globals()
    // To look is not to make one.
    if (readLock(data) === null && !existsSync(join(data, 'ledger.duckdb'))) return [ok('none yet')]
    const { report } = await import('../../server/operations.ts')
    try {
      // What is waited for meanwhile is the terminal's, not a finding.
      const quiet: CommandFrame = { ...frame, output: { ...frame.output, progress: () => {} } }
      const { total, sample } = await runOperation(quiet, report, {})
      return [ok(`${count(total.calls)} calls${sample ? ' of the bundled sample' : ''}`), ...doubts(total)]
    } catch (thrown) {
      return [fail(errorLine(thrown, false).replace(/^error: /, ''), 'what was metered meanwhile is safe in the spool')]
    }
  },
}

interface Total {
  readonly calls: number
  readonly unpricedCalls: number
  readonly unknownUsageCalls: number
  readonly unsettledCalls: number
  readonly estimatedCalls: number
}

function doubts(total: Total): Finding[] {
  const share = (n: number) => `${n === 1 ? '1 call' : `${count(n)} calls`} (${((100 * n) / total.calls).toFixed(1)} %)`
  const { unsettledCalls, unpricedCalls, unknownUsageCalls, estimatedCalls } = total
  const unknown = unknownUsageCalls - unsettledCalls
  // Without counts nothing could be priced: those are told of by what they lack.
  const unpriced = unpricedCalls - unknownUsageCalls
  return [
    ...(unpriced > 0
      ? [warn(`${share(unpriced)} unpriced`, 'crossline report --by provider,model shows of which models')]
      : []),
    ...(unknown > 0 ? [warn(`${share(unknown)} of unknown usage`, 'crossline report --by outcome,model')] : []),
    ...(unsettledCalls > 0
      ? [warn(`${share(unsettledCalls)} unsettled: nobody saw their end`, 'crossline report --by outcome,day')]
      : []),
    ...(estimatedCalls > 0 ? [warn(`${share(estimatedCalls)} of estimated usage`, 'crossline import sources')] : []),
  ]
}

const count = (n: number): string => n.toLocaleString('en-US')
