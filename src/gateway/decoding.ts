// Compressed bytes of an answer, piece by piece, in; what they say, for the meter alone, out. The client gets the bytes as they came.
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib'

const decoders: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
}

export interface Decoder {
  /** What this piece adds; null once the bytes turned out not to be what they were said to be. */
  push(piece: Buffer): Promise<Buffer | null>
}

/** Decoder of a content encoding; null for none. An encoding that nobody here knows decodes to nothing: usage is then unknown. */
export function decoderOf(encoding: string | null): Decoder | null {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') return null
  const create = decoders[name]
  if (create === undefined) return { push: async () => null }
  const stream = create()
  let out: Buffer[] = []
  let isBroken = false
  stream.on('data', (piece: Buffer) => out.push(piece))
  stream.on('error', () => {
    isBroken = true
  })
  return {
    async push(piece) {
      if (isBroken) return null
      await new Promise<void>(done => {
        stream.write(piece, () => done())
      })
      const added = Buffer.concat(out)
      out = []
      return isBroken ? null : added
    },
  }
}
