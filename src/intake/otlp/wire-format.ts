// Bytes of one protobuf message in; its fields, one by one, out. https://protobuf.dev/programming-guides/encoding/
import { Fault } from '../../core/fault/fault.ts'

/** `bits` of a varint or a fixed number, `bytes` of what has a length. */
export type Field =
  | { readonly number: number; readonly type: 'varint' | 'fixed64' | 'fixed32'; readonly bits: bigint }
  | { readonly number: number; readonly type: 'bytes'; readonly bytes: Uint8Array }

/** Every field in its order, known or not. @throws Fault OTLP_MALFORMED where the bytes are no message */
export function* fieldsOf(bytes: Uint8Array): Generator<Field> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let at = 0
  const varint = (): bigint => {
    let bits = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) throw cut()
      const byte = bytes[at++]!
      bits |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, bits)
    }
    throw malformed('a number goes on for too long')
  }
  const skip = (length: number): number => {
    const from = at
    at += length
    if (at > bytes.length) throw cut()
    return from
  }
  while (at < bytes.length) {
    const tag = varint()
    const number = Number(tag >> 3n)
    if (number === 0 || number >= 1 << 29) throw malformed('a field without a number')
    switch (Number(tag & 7n)) {
      case 0:
        yield { number, type: 'varint', bits: varint() }
        break
      case 1:
        yield { number, type: 'fixed64', bits: view.getBigUint64(skip(8), true) }
        break
      case 2: {
        const length = varint()
        if (length > BigInt(bytes.length - at)) throw cut()
        const from = skip(Number(length))
        yield { number, type: 'bytes', bytes: bytes.subarray(from, at) }
        break
      }
      case 5:
        yield { number, type: 'fixed32', bits: BigInt(view.getUint32(skip(4), true)) }
        break
      default:
        throw malformed('a field of no known kind')
    }
  }
}

const malformed = (what: string): Fault =>
  new Fault('OTLP_MALFORMED', `not a protobuf message: ${what}`, {
    fix: 'send an ExportTraceServiceRequest, as an OTLP/HTTP exporter does',
  })

const cut = (): Fault => malformed('it ends inside a field')

const decoder = new TextDecoder('utf-8')
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

export const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** A message of these fields; absent ones are left out, as proto3 leaves out what is empty. */
export function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields)
}

export function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([varintOf(BigInt((number << 3) | 2)), varintOf(BigInt(bytes.length)), bytes])
}

export function textField(number: number, text: string): Uint8Array {
  return text === '' ? new Uint8Array() : bytesField(number, Buffer.from(text))
}

export function intField(number: number, value: number): Uint8Array {
  return value === 0
    ? new Uint8Array()
    : Buffer.concat([varintOf(BigInt(number << 3)), varintOf(BigInt.asUintN(64, BigInt(value)))])
}

function varintOf(bits: bigint): Uint8Array {
  const bytes: number[] = []
  for (let rest = bits; ; rest >>= 7n) {
    if (rest < 0x80n) return Uint8Array.from([...bytes, Number(rest)])
    bytes.push(Number(rest & 0x7fn) | 0x80)
  }
}
