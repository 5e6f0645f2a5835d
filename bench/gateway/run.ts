// `npm run bench:gateway`: what Crossline's gateway carries and adds, beside a bare relay, nginx and other gateways, on one
// machine in one run with one upstream; metering, prices and spool on, and the ledger held to what the load saw.
import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fetchedFolder } from '../fetched.ts'
import type { Figure } from '../measure.ts'
import { keepFigures, printFigures } from '../results.ts'
import { jsonBody, streamBody } from './bodies.ts'
import { bareRelay, type Contender, chatPath, type Place, type Start } from './contender.ts'
import { startCrossline } from './crossline.ts'
import { addedLatency, firstByte } from './latency.ts'
import { startLoader } from './loader.ts'
import { manyStreams } from './many-streams.ts'
import { bifrost, litellm, nginx, portkey } from './peers.ts'
import { startScript } from './process.ts'
import { scaling } from './scaling.ts'
import { throughput, type Workload } from './throughput.ts'

const peers: Readonly<Record<string, Start>> = {
  'bare relay': bareRelay,
  nginx,
  Portkey: portkey,
  LiteLLM: litellm,
  Bifrost: bifrost,
}

const parts = ['json', 'streams', 'latency', 'first-byte', 'scaling', 'held'] as const
type Part = (typeof parts)[number]

const words = process.argv.slice(2)
const asked = words.filter(word => !word.startsWith('-'))
for (const word of asked) {
  if (!parts.includes(word as Part)) throw new Error(`no bench "${word}"; use ${parts.join(', ')}`)
}
const isAsked = (...some: Part[]): boolean => asked.length === 0 || some.some(part => asked.includes(part))
/** One round, to see whether everything runs. */
const rounds = words.includes('--quick') ? 1 : 3

/** Others want the machine as well: figures of a busy one say less. */
const remarks: string[] = [`Load average of the machine when it began: ${loadavg()[0]!.toFixed(1)}.`]
/** What is left out is said where it happens and under the table. */
function skip(what: string, thrown: unknown): void {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  remarks.push(`Left out: ${what} (${reason}).`)
  process.stderr.write(`SKIPPED ${what}: ${reason}\n`)
}

const note = (text: string) => process.stderr.write(`bench gateway: ${text} …\n`)

const folder = mkdtempSync(join(tmpdir(), 'crossline-bench-gateway-'))
const upstream = await startScript(join(import.meta.dirname, 'upstream.ts'))
const place: Place = { upstream: upstream.origin, folder, cache: fetchedFolder }
const loader = startLoader()
const started: Contender[] = []
const figures: Figure[] = []
try {
  if (isAsked('json', 'streams', 'latency', 'first-byte')) await sideBySide()
  // Each contender is over once it was measured: from here on Crossline has the machine to itself.
  for (const one of started.splice(0)) await one.stop()
  if (isAsked('scaling')) await attempt('scaling', () => scaling(place, jsonBody, loader, rounds))
  if (isAsked('held')) {
    await attempt('10,000 streams over two workers', async () => {
      const two = await startCrossline(place, 2)
      started.push(two)
      return manyStreams(two, loader)
    })
  }
} finally {
  for (const one of started) await one.stop()
  loader.stop()
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}

printFigures(figures)
for (const remark of remarks) process.stdout.write(`${remark}\n`)
if (words.includes('--write'))
  keepFigures('The gateway', ['npm run bench:gateway --', ...words].join(' '), figures, remarks)

async function attempt(what: string, work: () => Promise<Figure[]>): Promise<void> {
  note(what)
  try {
    figures.push(...(await work()))
  } catch (thrown) {
    skip(what, thrown)
  }
}

/** Crossline and whoever of its peers can be had, in turn. */
async function sideBySide(): Promise<void> {
  const isPeered = isAsked('json', 'streams')
  for (const [name, start] of Object.entries(isPeered ? peers : { 'bare relay': bareRelay })) {
    note(`starting ${name}`)
    try {
      const one = await start(place)
      started.push(one)
      // One that serves and cannot be asked is left out too.
      const { failure } = await loader.closed(one.target, jsonBody, 1, 200)
      if (failure === null) continue
      await started.pop()!.stop()
      skip(name, failure)
    } catch (thrown) {
      skip(name, thrown)
    }
  }
  note('starting Crossline')
  // Targets are by process: one of the gateway, whatever the machine has cores for.
  const crossline = await startCrossline(place, 1)
  const others = [...started]
  started.push(crossline)
  const least = { 'bare relay': 0.6, nginx: 0.2, Portkey: 8, LiteLLM: 10 }
  const workloads: readonly (readonly [Part, Workload])[] = [
    ['json', { name: 'JSON 1 KiB / 1 KiB', body: jsonBody, connections: 32, ms: 3000, rounds }],
    ['streams', { name: 'streams of 200 chunks', body: streamBody(200), connections: 16, ms: 3000, rounds }],
  ]
  for (const [part, workload] of workloads) {
    if (!isAsked(part)) continue
    await attempt(workload.name, () => throughput(workload, crossline, others, least, loader, skip))
  }
  const bare = others.find(({ name }) => name === 'bare relay')
  if (bare === undefined) throw new Error('the bare relay did not start')
  const direct = { origin: upstream.origin, path: chatPath, headers: {} }
  if (isAsked('latency')) {
    await attempt('added latency', () => addedLatency(jsonBody, { direct, bare, crossline, loader, rounds }))
  }
  if (isAsked('first-byte')) {
    const body = streamBody(20, 5)
    await attempt('first streamed byte', () => firstByte(body, { direct, bare, crossline, loader, rounds }))
  }
}
