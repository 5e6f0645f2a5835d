// The bundled Mooncake trace on one replica whose cache holds everything: what it finds, against a count of the trace's own ids.
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { gpuById, modelById } from '../catalog/facts.ts'
import { loadPriceBook } from '../catalog/price-book.ts'
import { buildEngine } from '../core/serving/engine/engine.ts'
import { simulate } from '../core/serving/fleet/simulate.ts'
import { importFile } from '../intake/import.ts'
import { openDuckdb } from '../ledger/duckdb.ts'
import { allArrivals } from './busiest.ts'
import { withPrefixes } from './prefixes.ts'

const trace = 'data/traces/mooncake-conversation.jsonl.gz'

/** Tokens of leading blocks that an earlier prompt had, by blocks of 16, the last token always computed. */
function repeated(): { hits: number; prompts: number } {
  const seen = new Set<number>()
  let hits = 0
  let prompts = 0
  for (const line of gunzipSync(readFileSync(trace)).toString().trimEnd().split('\n')) {
    const { input_length: prompt, hash_ids: ids } = JSON.parse(line) as { input_length: number; hash_ids: number[] }
    let known = 0
    while (known < ids.length && seen.has(ids[known]!)) known++
    hits += 16 * Math.floor(Math.min(known * 512, prompt - 1) / 16)
    prompts += prompt
    for (const id of ids) seen.add(id)
  }
  return { hits, prompts }
}

test('a cache that holds everything finds what the trace repeats, through import and ledger, to the token', async () => {
  const ledger = await openDuckdb(':memory:')
  try {
    await importFile(
      ledger,
      trace,
      { model: 'llama-3.1-8b', provider: 'self' },
      { book: loadPriceBook(), dataDir: '.' },
    )
    const { arrivals } = allArrivals(await withPrefixes(ledger, {}, await ledger.columns({})))
    const engine = buildEngine({ gpu: gpuById('b200-sxm-180gb'), model: modelById('llama-3.1-8b'), tp: 1 })
    const endless = { ...engine, memory: { ...engine.memory, kvBlocks: 20_000_000, kvCapacityTokens: 320_000_000 } }
    const { hits, prompts } = repeated()
    const { completed, prefixHitRate } = simulate(arrivals, { engine: endless, replicas: 1 })
    expect(completed).toBe(12_031)
    expect(prefixHitRate! * prompts).toBeCloseTo(hits, 3)
  } finally {
    ledger.close()
  }
})
