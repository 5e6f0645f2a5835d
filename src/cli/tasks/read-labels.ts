// A file of people's labels, CSV or JSON Lines, or a kept run's own, in; the labels, and how many rows could not be read, out.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Label } from '../../core/decide/quality/labels.ts'
import { Fault } from '../../core/fault/fault.ts'
import { cellOf } from '../../intake/attempts/cells.ts'
import { plainRecords } from '../../intake/attempts/plain-file.ts'
import { plainAttempt } from '../../intake/attempts/plain-row.ts'
import { runFolder } from '../../tasks/kept-run.ts'
import { checkFile } from '../unreadable.ts'

export interface LabelsRead {
  readonly labels: readonly Label[]
  readonly rejected: number
  /** What is wrong with the first that was rejected, with its line. */
  readonly firstProblem: string | null
}

/** `named`: a file, or the name of a run whose labels were given on the page. @throws Fault FILE_UNREADABLE, NO_ROWS */
export async function readLabels(named: string, dataDir: string): Promise<LabelsRead> {
  const ofRun = join(runFolder(dataDir, named), 'labels.jsonl')
  const path = !existsSync(named) && existsSync(ofRun) ? ofRun : named
  checkFile(path)
  const labels: Label[] = []
  let rejected = 0
  let firstProblem: string | null = null
  const reject = (line: number, reason: string) => {
    rejected++
    firstProblem ??= `${path}:${line}: ${reason}`
  }
  for await (const batch of plainRecords(path, () => {})) {
    for (const one of batch) {
      if (!('record' in one)) {
        reject(one.line, one.reason)
        continue
      }
      const told = plainAttempt(one.record)
      if (typeof told === 'string') reject(one.line, told)
      else {
        const { option, task, attempt, passed } = told
        labels.push({ option, task, attempt: attempt ?? 1, passed, rater: cellOf(one.record, 'rater') ?? '' })
      }
    }
  }
  if (labels.length > 0) return { labels, rejected, firstProblem }
  throw new Fault('NO_ROWS', firstProblem ?? 'no label in it', {
    where: path,
    fix: 'write rows of option,task,attempt,passed,rater under that head, or an object with these a line',
  })
}
