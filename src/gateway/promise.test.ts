// The promise of interfaces.md, whatever the network cuts and however the sink behaves: opened before the upstream hears of a
// call, settled before its client hears the end of it.
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { cutAt, type Recorded, readWhole, recorded } from '../../test/recorded-responses.ts'
import { startReading } from '../wire/reading.ts'
import { wireNamed } from '../wire/wires.ts'
import { chunked, posting, rawUpstream, sendRaw } from './raw-for-test.ts'
import { closeAll, until, world } from './world-for-test.ts'

afterEach(closeAll)

const paths: Readonly<Record<string, string>> = {
  'openai.chat': '/v1/chat/completions',
  'openai.responses': '/v1/responses',
  'openai.embeddings': '/v1/embeddings',
  'anthropic.messages': '/v1/messages',
}
const pathOf = ({ wire, framing, stream }: Recorded): string =>
  paths[wire] ??
  `/v1beta/models/m:${stream ? 'streamGenerateContent' : 'generateContent'}${stream && framing === undefined ? '?alt=sse' : ''}`
const typeOf = ({ stream, framing }: Recorded) =>
  stream && framing === undefined ? 'text/event-stream; charset=utf-8' : 'application/json'

/** Where the end of an answer begins: its terminal event, or of a body anything behind its last byte but one. */
function endOf(one: Recorded): number {
  const { stream, framing } = one
  if (!stream) return one.bytes.length - 1
  const reading = startReading(wireNamed(one.wire)!, { stream, ...(framing && { framing }) })
  return reading.push(one.bytes).terminalAt ?? one.bytes.length
}

type SinkManner = 'prompt' | 'slow' | 'fails to open' | 'fails to settle'

const asked = fc.record({
  one: fc.constantFrom(...recorded.filter(({ id }) => !id.includes('error'))),
  cuts: fc.array(fc.nat(20_000), { maxLength: 6 }),
  manner: fc.constantFrom<SinkManner>('prompt', 'slow', 'slow', 'fails to open', 'fails to settle'),
  isPacked: fc.boolean(),
  hasAsked: fc.boolean(),
})

test.each(['pass', 'reject'] as const)('on a meter’s failure: %s', async onMeterFailure => {
  let answer: Buffer = Buffer.alloc(0)
  let manner: SinkManner = 'prompt'
  let isSettled = false
  let openedWhenAsked = -1
  const upstream = rawUpstream(() => {
    openedWhenAsked = records.length
    return [answer]
  })
  const { port, records, gateway, shouts } = await world(upstream.server, { onMeterFailure }, async ({ kind }) => {
    if (manner === `fails to ${kind === 'opened' ? 'open' : 'settle'}`) throw new Error('disk full')
    if (manner === 'slow') await new Promise(done => setTimeout(done, 12))
    if (kind === 'settled') isSettled = true
  })
  const law = async ({
    one,
    cuts,
    isPacked,
    hasAsked,
    ...rest
  }: typeof asked extends fc.Arbitrary<infer A> ? A : never) => {
    manner = rest.manner
    records.length = 0
    isSettled = false
    openedWhenAsked = -1
    const plain = Buffer.from(one.bytes)
    const bytes = isPacked ? gzipSync(plain) : plain
    const offsets = cuts.map(cut => cut % bytes.length).toSorted((a, b) => a - b)
    const pieces = cutAt(bytes, offsets).filter(({ length }) => length > 0)
    answer = chunked(
      typeOf(one),
      pieces.map(piece => Buffer.from(piece)),
      isPacked ? 'content-encoding: gzip\r\n' : '',
    )
    const options = hasAsked || one.wire !== 'openai.chat' ? ',"stream_options":{"include_usage":true}' : ''
    const call = posting(pathOf(one), `{"model":"m","stream":${one.stream}${options}}`, 'connection: close\r\n')
    let heardUnsettled = 0
    const heard = await sendRaw(port, call, {
      isEnough: all => {
        if (!isSettled) heardUnsettled = bodyOf(all).length
        return false
      },
    })
    const body = bodyOf(heard.bytes)
    if (manner === 'fails to open' && onMeterFailure === 'reject') {
      expect(heard.bytes.toString('latin1')).toMatch(/^HTTP\/1\.1 503 /)
      expect([openedWhenAsked, records.length]).toEqual([-1, 0])
      return
    }
    if (manner.startsWith('fails')) {
      expect(records.some(({ kind }) => kind === 'settled')).toBe(false)
      // All of it passes, or not its end.
      if (onMeterFailure === 'pass') expect(withoutOurs(body, bytes)).toBe(true)
      else expect(body.length).toBeLessThan(bytes.length)
      return
    }
    await until(() => records.length === 2)
    expect(openedWhenAsked).toBe(1)
    expect(records.map(({ kind, key }) => [kind, key])).toEqual([
      ['opened', records[0]!.key],
      ['settled', records[0]!.key],
    ])
    expect(records[1]).toMatchObject({ usage: readWhole(one).usage, complete: true })
    expect(withoutOurs(body, bytes)).toBe(true)
    expect(heardUnsettled).toBeLessThanOrEqual(isPacked ? bytes.length - 1 : endOf(one))
  }
  await fc.assert(fc.asyncProperty(asked, law), { numRuns: 100, seed: 11 })
  expect(shouts.every(text => /disk full/.test(text))).toBe(true)
  await gateway.close(1000)
}, 60_000)

/** The same bytes, or the same without the event that was asked for in the client's place. */
function withoutOurs(body: Buffer, sent: Buffer): boolean {
  if (body.equals(sent)) return true
  const events = sent.toString('latin1').split(/(?<=\n\n)/)
  return events.filter(event => !/"choices":\s*\[\],.*"usage":\s*\{/s.test(event)).join('') === body.toString('latin1')
}

/** The body that has come so far, out of its chunks. */
function bodyOf(heard: Buffer): Buffer {
  const head = heard.indexOf('\r\n\r\n')
  const pieces: Buffer[] = []
  let at = head < 0 ? heard.length : head + 4
  while (at < heard.length) {
    const end = heard.indexOf('\r\n', at)
    const size = end < 0 ? 0 : Number.parseInt(heard.toString('latin1', at, end), 16)
    if (!(size > 0)) break
    pieces.push(heard.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
  return Buffer.concat(pieces)
}
