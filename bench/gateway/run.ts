// `npm run bench:gateway`: what Crossline's gateway carries and adds, beside a bare relay, nginx and other gateways, on one
// machine in one run with one upstream; metering, prices and spool on, and the ledger held to what the load saw.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../crossline.ts'
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
import { throughput } from './throughput.ts'

const peers: Readonly<Record<string, Start>> = {
  'bare relay': bareRelay,
  nginx,
  Portkey: portkey,
  LiteLLM: litellm,
  Bifrost: bifrost,
}

const isKept = process.argv.includes('--write')
/** One round, to see whether everything runs. */
const rounds = process.argv.includes('--quick') ? 1 : 5

const remarks: string[] = []
/** What is left out is said where it happens and under the table. */
function skip(what: string, thrown: unknown): void {
  const reason = thrown instanceof Error ? thrown.message : String(thrown)
  remarks.push(`Left out: ${what} (${reason}).`)
  process.stderr.write(`SKIPPED ${what}: ${reason}\n`)
}

const note = (text: string) => process.stderr.write(`bench gateway: ${text} …\n`)

const folder = mkdtempSync(join(tmpdir(), 'crossline-bench-gateway-'))
const upstream = await startScript(join(import.meta.dirname, 'upstream.ts'))
const place: Place = { upstream: upstream.origin, folder, cache: join(root, 'node_modules/.cache/crossline-bench') }
const loader = startLoader()
const started: Contender[] = []
const figures: Figure[] = []
try {
  for (const [name, start] of Object.entries(peers)) {
    note(`starting ${name}`)
    try {
      const one = await start(place)
      started.push(one)
      // One that serves and cannot be asked is left out too.
      const { failure } = await loader.closed(one.target, jsonBody, 1, 200)
      if (failure === null) continue
      await one.stop()
      started.pop()
      skip(name, failure)
    } catch (thrown) {
      skip(name, thrown)
    }
  }
  note('starting Crossline')
  const crossline = await startCrossline(place)
  started.push(crossline)
  const others = started.filter(one => one !== crossline)

  note('JSON, 1 KiB / 1 KiB')
  const json = { name: 'JSON 1 KiB / 1 KiB', body: jsonBody, connections: 32, ms: 3000, rounds }
  const least = { 'bare relay': 0.6, nginx: 0.2, Portkey: 8, LiteLLM: 10 }
  figures.push(...(await throughput(json, crossline, others, least, loader, skip)))
  note('streams of 200 chunks')
  const streams = { name: 'streams of 200 chunks', body: streamBody(200), connections: 16, ms: 3000, rounds }
  figures.push(...(await throughput(streams, crossline, others, least, loader, skip)))

  const bare = others.find(({ name }) => name === 'bare relay')
  if (bare === undefined) throw new Error('the bare relay did not start')
  const direct = { origin: upstream.origin, path: chatPath, headers: {} }
  note('added latency')
  figures.push(...(await addedLatency(jsonBody, direct, bare, crossline, loader, rounds)))
  note('first streamed byte')
  figures.push(...(await firstByte(streamBody(20, 5), direct, bare, crossline, loader, rounds)))

  // Each of these is over once it was measured: from here on Crossline has the machine to itself.
  for (const one of started.splice(0)) await one.stop()
  note('two workers')
  try {
    figures.push(...(await scaling(place, jsonBody, loader, rounds)))
    const two = await startCrossline(place, 2)
    started.push(two)
    note('10,000 streams')
    figures.push(...(await manyStreams(two, loader)))
  } catch (thrown) {
    skip('scaling, and 10,000 streams over two workers', thrown)
  }
} finally {
  for (const one of started) await one.stop()
  loader.stop()
  await upstream.stop()
  rmSync(folder, { recursive: true, force: true })
}

printFigures(figures)
for (const remark of remarks) process.stdout.write(`${remark}\n`)
if (isKept) keepFigures('The gateway', 'npm run bench:gateway -- --write', figures, remarks)
