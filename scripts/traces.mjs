// Published traces in; docs/serving-traces.md, each trace replayed on three shapes with a fleet sized for its peak, out: `npm run traces`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { prepare, root } from './checkout.mjs'

await prepare()
/** `--keep FOLDER`: there the two files that are made of published ones are left. */
const keep = process.argv.indexOf('--keep') < 0 ? null : process.argv[process.argv.indexOf('--keep') + 1]
const folder = keep ?? mkdtempSync(join(tmpdir(), 'crossline-traces-'))
const gpus = ['h100', 'h200', 'b200']

/** Lines of a published file, unpacked. */
const linesOf = name =>
  gunzipSync(readFileSync(join(root, 'data/traces', name)))
    .toString()
    .trim()
    .split('\n')
const written = (name, lines) => {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}

/** The set has lengths and no times: its first 7,200 come evenly, two a second, for an hour. */
function arxivHour() {
  const [, ...rows] = linesOf('arxiv-summarization-lengths.csv.gz')
  const at = i => new Date(Date.UTC(2026, 0, 1) + i * 500).toISOString()
  const calls = rows.slice(0, 7200).map((row, i) => [at(i), ...row.split(',').slice(0, 2)].join(','))
  return written('arxiv-hour.csv', ['time,input_tokens,output_tokens', ...calls])
}

/** Of the day of the pool's 73 clients, the two hours from the 14th on: its afternoon peak. */
function reasoningHours() {
  const [from, to] = [14 * 3600, 16 * 3600]
  const clients = linesOf('servegen-deepseek-r1-clients.jsonl.gz').map(line => JSON.parse(line))
  const kept = clients
    .map(({ windows, ...rest }) => ({ ...rest, windows: windows.filter(([second]) => second >= from && second < to) }))
    .filter(({ windows }) => windows.length > 0)
  // Windows of the importer begin with the client's fields in this order.
  return written(
    'deepseek-r1-two-hours.jsonl',
    kept.map(({ client, windows, lengths }) => JSON.stringify({ client, windows, lengths })),
  )
}

const traces = [
  { name: 'Azure, code completion', file: 'data/traces/azure-llm-2023-code.csv.gz', model: 'llama-3.1-70b' },
  { name: 'Mooncake, conversations', file: 'data/traces/mooncake-conversation.jsonl.gz', model: 'llama-3.1-70b' },
  { name: 'arXiv, summaries', file: arxivHour(), shown: 'arxiv-hour.csv', model: 'llama-3.1-70b' },
  { name: 'ServeGen, reasoning', file: reasoningHours(), shown: 'deepseek-r1-two-hours.jsonl', model: 'gpt-oss-120b' },
]

const commandOf = ({ file, shown, model }, gpu) => [
  'simulate',
  '--trace',
  shown ?? file,
  '--model',
  model,
  '--gpu',
  gpu,
  '--sizing',
  'peak',
]

function replayed(trace, gpu) {
  const words = commandOf({ ...trace, shown: trace.file }, gpu)
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'crossline'), ...words, '--json'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  if (status !== 0) throw new Error(`${words.join(' ')}: ${stderr || stdout}`)
  return JSON.parse(stdout)
}

const percent = x => (x === null ? '–' : `${Number((100 * x).toPrecision(2))} %`)
const time = ms =>
  ms === null ? '–' : ms >= 999.5 ? `${Number((ms / 1000).toPrecision(3))} s` : `${Number(ms.toPrecision(3))} ms`
const times = ({ p50, p95, p99 }) => [p50, p95, p99].map(time).join(' / ')
const count = n => n.toLocaleString('en-US')

/** Replicas, and the GPUs that are leased for them where whole instances hold more. */
function fleetOf({ fleet, replicas, gpuHours, durationSeconds }) {
  const leased = Math.round((gpuHours * 3600) / durationSeconds)
  return leased > replicas.max * fleet.gpusPerReplica ? `${replicas.max} (${leased} GPUs leased)` : String(replicas.max)
}

const heads = [
  'replica',
  'fleet',
  '$ a GPU-hour',
  '$/Mtok',
  'busy',
  'saturated',
  'MFU / MBU',
  'TTFT p50 / p95 / p99',
  'TPOT p50 / p95 / p99',
  'late',
]
const row = cells => `| ${cells.join(' | ')} |`

function rowOf(run) {
  const { fleet, lease } = run
  return row([
    `${fleet.gpusPerReplica}× ${fleet.gpu}`,
    fleetOf(run),
    lease.usdPerGpuHour === null ? '–' : lease.usdPerGpuHour.toFixed(2),
    run.effectiveUsdPerMtok === null ? '–' : run.effectiveUsdPerMtok.toFixed(2),
    percent(run.utilization),
    percent(run.saturatedShare),
    `${percent(run.mfu)} / ${percent(run.mbu)}`,
    times(run.ttftMs),
    times(run.tpotMs),
    percent(run.lateShare),
  ])
}

const sections = traces.map(trace => {
  const runs = gpus.map(gpu => {
    process.stderr.write(`${trace.name} on ${gpu} …\n`)
    return replayed(trace, gpu)
  })
  const [{ requests, durationSeconds, tokens, objective, fleet, prefixHitRate }] = runs
  const hits =
    prefixHitRate === null ? '' : ` Of prompts' tokens ${percent(prefixHitRate)} were found in caches (first row).`
  return [
    `## ${trace.name}: ${fleet.model} (${fleet.dtype})`,
    '',
    `${count(requests)} calls in ${Math.round(durationSeconds / 60)} minutes, ${count(Math.round(tokens.input / requests))} tokens in and ${count(Math.round(tokens.output / requests))} out on average. Objective (p95): ${time(objective.ttftP95Ms)} to the first token, ${time(objective.tpotP95Ms)} a token (${objective.source}).${hits}`,
    '',
    row(heads),
    row(heads.map(() => '---')),
    ...runs.map(rowOf),
    '',
    '```console',
    ...gpus.map(gpu => `$ ./crossline ${commandOf(trace, gpu).join(' ')}`),
    '```',
  ].join('\n')
})
if (keep === null) rmSync(folder, { recursive: true, force: true })

const page = `# Published traces on three shapes

Made by \`npm run traces\`, which runs the commands below with \`--json\`; all figures are simulated, none is measured. Each
fleet is the smallest of a fixed size that keeps the objective in 99 % of its five-minute windows (\`--sizing peak\`), on the
H100, the H200 and the B200, at a middle on-demand lease of the table ([sizing](sizing.md) says what other sizes cost).

- *fleet*: replicas. Where the lease is by instances of eight GPUs, eight are paid for a replica of one: small fleets of
  the B200 are dear for that alone.
- *$/Mtok*: the fleet's leased time ÷ million tokens, prompt and answer, that it served: idle hours are in it.
- *busy*: a step was running, of leased time. *saturated*: tokens served ÷ what the same leased time would serve with a queue
  that never empties; this share, and not the first, sets what a token costs. *MFU / MBU*: while busy, arithmetic and memory
  bandwidth against the GPUs' peaks.
- *late*: calls beyond the objective. TTFT counts from the call's arrival, TPOT is (last − first token) ÷ (tokens − 1).

Where traces come from, under which licence: [data/traces](../data/traces/README.md). How far such figures may be off:
[accuracy](accuracy.md). The arXiv set has lengths and no times: its first 7,200 articles come evenly, two a second. Of
ServeGen's day of 73 clients of DeepSeek-R1 two hours of the afternoon are drawn, seed 1. \`npm run traces -- --keep .\` leaves
both files where the commands look for them.

${sections.join('\n\n')}

## Days instead of hours

Two weeks of an arrival curve are read off a capacity curve in seconds instead of replayed: the fleet of each ten minutes,
against a fixed one. Its error against replays of every request is in [bench/RESULTS.md](../bench/RESULTS.md)
(\`npm run bench:horizon\`) and printed below the figures.

\`\`\`console
$ ${horizonCommand().join(' ')}
${spawnSync(process.execPath, [join(root, 'crossline'), ...horizonCommand().slice(1)], { cwd: root, encoding: 'utf8' }).stdout.trim()}
\`\`\`
`
writeFileSync(join(root, 'docs/serving-traces.md'), page)

function horizonCommand() {
  const rates = 'data/traces/servegen-m-large-rate-10min.csv.gz'
  return `./crossline capacity --model llama-3.1-70b --gpu h100 --input 1000 --output 200 --ttft 1000 --tpot 50 --horizon ${rates} --scale-rates 0.05`.split(
    ' ',
  )
}
