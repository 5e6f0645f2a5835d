// A folder and a seed in; the invented team's spend log, invoice and leases written there, out.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { teamFiles } from './team.ts'

const [folder = '.', seed = '1'] = process.argv.slice(2)
mkdirSync(folder, { recursive: true })
const { spendLog, invoice, leases, tally } = teamFiles(Number(seed))
writeFileSync(join(folder, 'spend-logs.jsonl.gz'), gzipSync(spendLog))
writeFileSync(join(folder, 'invoice.csv'), invoice)
writeFileSync(join(folder, 'leases.csv'), leases)
process.stdout.write(`${folder}: spend-logs.jsonl.gz (${tally.calls} calls), invoice.csv, leases.csv\n`)
