// Flags that name files, and a ranking with the tries behind it → the report as a page, pictures, a table, JUnit XML.
import type { Command } from 'commander'
import type { Attempt } from '../../core/decide/quality/attempt.ts'
import type { TasksReport } from '../../report/tasks-page.tsx'
import { writeFileOf } from '../written.ts'

export interface ReportFlags {
  readonly html?: string
  readonly svg?: string
  readonly png?: string
  readonly csv?: string
  readonly junit?: string
}

export interface Reported extends TasksReport {
  /** What was tried, as build servers call it. */
  readonly name: string
  /** Single tries, where `needsAttempts`. */
  readonly attempts: readonly Attempt[]
}

/** Declares the flags under a heading of their own. */
export function declareReportFiles(command: Command): Command {
  return command
    .optionsGroup('Files:')
    .option('--html <file>', 'the ranking as a page: pictures, tables, what to know of them')
    .option('--svg <file>', 'quality against cost per success, at the first bar')
    .option('--png <file>', 'the same as PNG')
    .option('--csv <file>', 'every try as a row')
    .option('--junit <file>', 'every try as a test case, for build servers')
}

/** Whether single tries have to be kept for what is asked. */
export const needsAttempts = ({ csv, junit }: ReportFlags): boolean => csv !== undefined || junit !== undefined

/** Writes what is asked for, and says where. @throws Fault CANNOT_WRITE, PNG_UNAVAILABLE */
export async function writeReportFiles(flags: ReportFlags, reported: Reported): Promise<readonly string[]> {
  const { html, svg, png, csv, junit } = flags
  const { bars, facts, kinds } = reported
  const written: string[] = []
  const write = async (path: string | undefined, flag: string, contents: () => Promise<string | Uint8Array>) => {
    if (path === undefined) return
    await writeFileOf(path, flag, await contents())
    written.push(path)
  }
  const pictures = () => import('../../report/tasks-pictures.tsx')
  const style = kinds === undefined ? {} : { kinds }
  await write(html, '--html', async () => (await import('../../report/tasks-page.tsx')).tasksHtml(reported))
  await write(svg, '--svg', async () => (await pictures()).qualitySvg(bars[0]!, facts, style))
  await write(png, '--png', async () => (await pictures()).qualityPng(bars[0]!, facts, style))
  await write(csv, '--csv', async () => (await import('../../report/attempts-csv.ts')).attemptsCsv(reported.attempts))
  await write(junit, '--junit', async () =>
    (await import('../../report/junit.ts')).junitXml(reported.name, reported.attempts),
  )
  return written
}
