// Bytes of UTF-8 → text. The room is pure and has neither node's types nor the browser's: what both have is named here.

declare const TextDecoder: new (
  label: string,
  options: { readonly ignoreBOM: boolean },
) => { decode(bytes: Uint8Array): string }

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Whole text at once, never a piece: what is not UTF-8 becomes U+FFFD and throws nothing. */
export const textOf = (bytes: Uint8Array): string => decoder.decode(bytes)

/** Pieces of bytes as one run. */
export function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!
  const whole = new Uint8Array(length)
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.length
  }
  return whole
}
