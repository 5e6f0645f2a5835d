// `import`: files of other people's records → calls in the ledger; `import undo` takes a source out again.

import { statSync } from 'node:fs'
import { basename } from 'node:path'
import { Fault, faultJson } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import type { Imported, ImportParams } from '../../server/importing.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { given, numberFlag } from '../flags.ts'
import { exitStatusOf } from '../output.ts'
import { runnerOn, runOperation } from '../run-operation.ts'
import { checkFile } from '../unreadable.ts'

interface Flags extends Omit<ImportParams, 'map' | 'seed' | 'tokensPerRequest'> {
  readonly map?: Readonly<Record<string, string>>
  readonly tokensPerRequest?: number
}

export const importCommand: CommandModule = {
  name: 'import',
  register(program, frame) {
    const command = program
      .command('import')
      .summary('calls into the ledger, from files')
      .description(
        'Reads calls, bills and metrics of model servers from files, gzipped or not. The same file again adds nothing; bad rows go to a reject file.',
      )
      .argument(
        '<file...>',
        'CSV, JSON Lines, JSON, Parquet; logs, traces, batch results, pages of usage or cost APIs are recognised',
      )
      .option(
        '--format <name>',
        'litellm, otlp, langfuse, helicone, openrouter, bedrock, openai-batch, … (default: detected)',
      )
      .option('--map <field=column>', 'where a generic table has a field (time, input, output, model, …)', mapping)
      .option('--model <name>', 'model of calls that name none')
      .option('--provider <name>', 'provider of calls that name none')
      .option('--workload <name>', 'workload of all calls of the file')
      .option('--feature <name>', 'feature of all calls of the file')
      .option('--team <name>', 'team of all calls of the file')
      .option('--environment <name>', 'environment of all calls of the file')
      .option('--profile <name>', 'how requests of a daily sum arrive within it: diurnal (default), flat')
      .option(
        '--tokens-per-request <n>',
        'size of a request, where sums do not say how many there were',
        numberFlag('--tokens-per-request', { above: 0 }),
      )
      .option('--start <time>', 'first moment of relative times; when a batch ran whose results do not say')
      .option('--at <time>', "when a scrape of a model server's metrics was made (default: the time of the file)")
      .option('--server <name>', 'whose scrapes these are (default: their pod or instance label)')
      .option('--id-space <name>', 'where ids are unique, when two systems number their calls alike')
      .addHelpText(
        'after',
        `
Examples:
  crossline import calls.csv.gz --model gpt-5-mini --provider openai
  crossline import log.jsonl --map time=ts --map input=in --map output=out
  crossline import spend-logs.csv.gz invoice.csv
  crossline import traces.jsonl.gz
  crossline import openai-usage.json --profile flat
  crossline import batch-results.jsonl --start 2026-11-20T10:00:00Z
  crossline import scrapes.prom --server gpu-1
  crossline import undo calls.csv.gz
  crossline import sources`,
      )
      .action((files: string[], flags: Flags) => importAll(frame, files, flags))
    command
      .command('undo')
      .summary('remove what one source brought in')
      .argument('<source>', 'id, its beginning, or the name of the file')
      .action(async (source: string) => {
        const { undoImport } = await import('../../server/operations.ts')
        const result = await runOperation(frame, undoImport, { source })
        frame.output.result(
          result,
          () => `Removed ${many(result.removed, result.removedWhat.slice(0, -1))} of ${source}.`,
        )
      })
    command
      .command('sources')
      .summary('list what has been imported')
      .action(async () => {
        const { sources } = await import('../../server/operations.ts')
        const result = await runOperation(frame, sources, {})
        frame.output.result(result, () => {
          if (result.sources.length === 0) return 'Nothing has been imported.'
          return result.sources
            .map(row => {
              const holds =
                row.billedLines > 0
                  ? `${many(row.billedLines, 'billed line')}, $${row.billedUsd}`
                  : row.scrapes > 0
                    ? many(row.scrapes, 'scrape')
                    : many(row.calls, 'call')
              return `${row.source.slice(0, 17)}  ${holds}  ${row.format}  ${row.name}`
            })
            .join('\n')
        })
      })
  },
}

function mapping(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const [, field, column] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (field !== undefined && column !== undefined) return { ...before, [field]: column }
  throw new Fault('BAD_MAP', `"${text}" names no column`, { where: '--map', fix: 'write --map field=column' })
}

/** Every file is tried: one that cannot be read does not keep the others out. */
async function importAll(frame: CommandFrame, files: readonly string[], flags: Flags): Promise<void> {
  const { output } = frame
  const params: ImportParams = { ...given(flags), seed: frame.globals().seed }
  const done: (Imported | { name: string; error: object })[] = []
  const texts: string[] = []
  const faults: unknown[] = []
  const { importFile } = await import('../../server/operations.ts')
  await runnerOn(frame, 'import', async run => {
    for (const path of files) {
      try {
        checkFile(path)
        // Only a scrape that states no time looks at it; a copy of a file has the time of the copy.
        const at = params.at ?? statSync(path).mtime.toISOString()
        const result = await run(importFile, { ...params, at }, { path, name: path })
        done.push(result)
        texts.push(account(result))
      } catch (thrown) {
        if (files.length === 1) throw thrown
        faults.push(thrown)
        done.push({ name: basename(path), ...faultJson(thrown) })
        if (!frame.globals().json) output.fail(thrown)
      }
    }
  })
  const [first] = faults
  const all = { ...(first === undefined ? {} : faultJson(first)), files: done }
  output.result(files.length === 1 ? done[0] : all, () => texts.join('\n'))
  for (const fault of faults) output.status(exitStatusOf(fault))
}

function account(result: Imported): string {
  const number = (value: number) => value.toLocaleString('en-US')
  const isShape = result.format === 'rate-curve'
  const areScrapes = result.format === 'vllm-metrics'
  const added = many(result.added, result.billed !== null ? 'billed line' : areScrapes ? 'scrape' : 'call')
  const parts = [isShape ? `a demand shape of ${number(result.rows)} windows` : `${added} added`]
  if (result.completed) parts.push(`${number(result.completed)} completed`)
  if (result.duplicates > 0) parts.push(`${number(result.duplicates)} there already`)
  if (result.rejected > 0) parts.push(`${number(result.rejected)} rejected (see ${result.rejectFile ?? 'nothing'})`)
  const lines = [`${result.name} (${result.format}): ${parts.join(', ')}.`]
  if (result.billed !== null) {
    const { usd, providers } = result.billed
    lines.push(`  ${result.firstAt} to ${result.lastAt}, $${usd} billed by ${providers.join(', ')}`)
  } else if (areScrapes) {
    lines.push(`  ${result.firstAt} to ${result.lastAt}; crossline utilization says what they tell`)
  } else if (result.added > 0 || result.completed) {
    lines.push(
      `  ${result.firstAt} to ${result.lastAt}, ${number(result.tokens.input)} tokens in, ${number(result.tokens.output)} out`,
    )
  }
  for (const note of result.notes) lines.push(`  ${note}`)
  if (result.sampleDropped) lines.push('  The bundled sample is gone.')
  return lines.join('\n')
}
