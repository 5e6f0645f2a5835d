// The formats of other tools' results that are read, the particular ones first: a new one is a file and a line here.
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { aider } from './aider.ts'
import { hal } from './hal.ts'
import { inspectLog } from './inspect-log.ts'
import { promptfoo } from './promptfoo.ts'
import { sweBench } from './swe-bench.ts'
import { table } from './table.ts'
import type { ResultsFile, ResultsFormat } from './told.ts'

const formats: readonly ResultsFormat[] = [promptfoo, inspectLog, hal, sweBench, aider, table]

export const formatNames: readonly string[] = formats.map(({ name }) => name)

/** By its name, else by what the file holds. @throws Fault UNKNOWN_FORMAT, FORMAT_UNKNOWN */
export function formatOf(file: ResultsFile, asked: string | null, isMapped: boolean): ResultsFormat {
  if (asked !== null) {
    const named = formats.find(({ name }) => name === asked)
    if (named !== undefined) return named
    const near = nearestName(asked, formatNames)
    const fix = near === null ? `use one of ${formatNames.join(', ')}` : `did you mean ${near}?`
    throw new Fault('UNKNOWN_FORMAT', `unknown format "${asked}"`, { where: '--format', fix })
  }
  const found = isMapped ? table : formats.find(format => format.matches(file))
  if (found !== undefined) return found
  throw new Fault('FORMAT_UNKNOWN', `no format reads it (tried ${formatNames.join(', ')})`, {
    where: file.name,
    fix: 'name the columns of a table: --map task=COLUMN --map passed=COLUMN',
  })
}
