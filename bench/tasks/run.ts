// `npm run bench:tasks`: 120 tasks on two real small models that llama.cpp serves on this machine, ranked with intervals; tokens against the servers' own counters.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ranked } from '../../src/core/decide/quality/ranking.ts'
import { runSmallModels, startSmallModels, usdPerHour } from '../../test/traffic/small-models.ts'
import { keepSection } from '../results.ts'

const percent = (share: number | null): string => (share === null ? '–' : `${(100 * share).toFixed(0)} %`)
const dollars = (usd: number | null): string => (usd === null ? '–' : `$${usd.toPrecision(3)}`)

function lineOf({ option, n, passRate, usdPerTask, usdPerSuccess, meetsBar }: Ranked): string {
  const between = `${percent(passRate.low)}–${percent(passRate.high)}`
  const cost = `${dollars(usdPerSuccess.value)} (${dollars(usdPerSuccess.low)}–${dollars(usdPerSuccess.high)})`
  return `| ${option} | ${n} | ${percent(passRate.value)} (${between}) | ${dollars(usdPerTask.value)} | ${cost} | ${meetsBar} |`
}

const folder = mkdtempSync(join(tmpdir(), 'crossline-bench-tasks-'))
const servers = await startSmallModels()
try {
  const { rows, ranking, counted } = await runSmallModels(servers, folder)
  const text: string[] = []
  for (const { bar, ranking: ranked } of ranking.bars) {
    text.push(`At a bar of ${percent(bar)}:\n`)
    text.push('| option | tasks | passed | USD per task | USD per success | clears it |')
    text.push('| --- | --- | --- | --- | --- | --- |', ...ranked.map(lineOf), '')
  }
  for (const [option, { promptTokens, answerTokens }] of Object.entries(counted)) {
    const own = rows.filter(row => row.option === option)
    const sum = (kind: 'input' | 'output') => own.reduce((total, { usage }) => total + (usage?.[kind] ?? Number.NaN), 0)
    const isSame = sum('input') === promptTokens && sum('output') === answerTokens
    const told = `${sum('input')} + ${sum('output')} tokens metered, ${promptTokens} + ${answerTokens} by the server's own counters`
    text.push(`- ${option}: ${told}: ${isSame ? 'equal' : 'NOT EQUAL'}`)
    if (!isSame) process.exitCode = 1
  }
  const kinds = [...new Set(rows.map(({ tags }) => tags[0]!))]
  const byKind = (option: string) =>
    kinds.map(kind => {
      const own = rows.filter(row => row.option === option && row.tags[0] === kind)
      return `${kind} ${own.filter(({ passed }) => passed === true).length}/${own.length}`
    })
  for (const option of Object.keys(counted)) text.push(`- ${option}, passed by kind: ${byKind(option).join(', ')}`)
  text.push(`- Priced at $${usdPerHour} an hour for both cores, by the seconds each try took, four at once.`)
  process.stdout.write(`${text.join('\n')}\n`)
  if (process.argv.includes('--write')) {
    keepSection('Tasks on two real small models', 'npm run bench:tasks -- --write', text.join('\n'))
  }
} finally {
  for (const server of servers) server.stop()
  rmSync(folder, { recursive: true, force: true })
}
