// Compressed bytes of an answer, piece by piece, in; what they say, for the meter alone, out. The client gets the bytes as they came.
import type { Transform } from 'node:stream'
import * as zlib from 'node:zlib'

/** Newer versions of Node know zstd, which is not in the types of the oldest one that is supported. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform }

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: zlib.createGunzip,
  'x-gzip': zlib.createGunzip,
  deflate: zlib.createInflate,
  br: zlib.createBrotliDecompress,
  ...(createZstdDecompress && { zstd: createZstdDecompress }),
}

/** Bytes that one answer may become: a few hundred compressed ones can say gigabytes. */
const longestPlain = 128 * 1024 * 1024

export interface Decoder {
  /**
   * Hands what this piece adds to `take`, a little at a time. False once nothing more can be read: the bytes are not what
   * they were said to be, or become too many.
   */
  push(piece: Buffer, take: (plain: Buffer) => void): Promise<boolean>
  /** Lets its memory go: a window may have megabytes. */
  close(): void
}

/** Decoder of a content encoding; null for none. An encoding that nobody here knows decodes to nothing: usage is then unknown. */
export function decoderOf(encoding: string | null): Decoder | null {
  const name = (encoding ?? 'identity').trim().toLowerCase()
  if (name === 'identity' || name === '') return null
  const create = decoders[name]
  if (create === undefined) return { push: async () => false, close: () => {} }
  const stream = create()
  let taker: (plain: Buffer) => void = () => {}
  let plainBytes = 0
  let isBroken = false
  stream.on('data', (plain: Buffer) => {
    plainBytes += plain.length
    if (plainBytes <= longestPlain) taker(plain)
    else if (!isBroken) stream.destroy(new Error('too long'))
  })
  stream.on('error', () => {
    isBroken = true
  })
  return {
    async push(piece, take) {
      if (isBroken) return false
      taker = take
      await new Promise<void>(done => {
        stream.once('close', done)
        stream.write(piece, () => {
          stream.off('close', done)
          done()
        })
      })
      // What was decoded and not yet handed out: it comes as `data` all the same.
      while (!stream.destroyed && stream.read() !== null);
      return !isBroken
    },
    close: () => void stream.destroy(),
  }
}

/** The encodings of an `accept-encoding` that can be read here; an answer in another would leave its usage unknown. */
export function readable(accepted: string): string {
  const known = accepted.split(',').filter(one => {
    const name = one.split(';')[0]!.trim().toLowerCase()
    return name === 'identity' || name in decoders
  })
  return known.map(one => one.trim()).join(', ') || 'identity'
}
