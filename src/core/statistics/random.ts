// A seed and a name in; one reproducible stream of random draws out, the same bits in every engine.
import { exp, log } from './elementary.ts'

/** Draws from one named stream. Each call moves the stream on; nothing else does. */
export interface Random {
  /** The next 32 random bits, 0..2^32−1. */
  bits(): number
  /** Uniform in [0, 1), 53 random bits. */
  uniform(): number
  /** Uniform whole number in 0..n−1. */
  integer(n: number): number
  /** Standard normal (Marsaglia's polar method, 1964). */
  normal(): number
  /** Exponential of the given mean. */
  exponential(mean: number): number
  /** Gamma of mean shape × scale (Marsaglia & Tsang 2000; below shape 1 by their boost). */
  gamma(shape: number, scale: number): number
  /** Weibull: scale × (−ln u)^(1/shape). */
  weibull(shape: number, scale: number): number
}

/**
 * The stream called `name` under `seed`. Streams of different names are independent, so a draw added to one shifts no
 * other. xoshiro128** (Blackman & Vigna 2021), its state filled from a hash of seed and name.
 */
export function stream(seed: number, name: string): Random {
  return xoshiro(stateOf(seed, name))
}

/** xoshiro128** from a given state of four words, not all 0. */
export function xoshiro(state: readonly [number, number, number, number]): Random {
  let [a, b, c, d] = state
  let spare = 0
  let hasSpare = false

  function bits(): number {
    const product = Math.imul(b, 5)
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0
    const shifted = b << 9
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = (d << 11) | (d >>> 21)
    return result
  }

  function uniform(): number {
    const high = bits() >>> 5
    return (high * 67108864 + (bits() >>> 6)) / 9007199254740992
  }

  function integer(n: number): number {
    return Math.min(n - 1, Math.floor(uniform() * n))
  }

  function normal(): number {
    if (hasSpare) {
      hasSpare = false
      return spare
    }
    for (;;) {
      const x = 2 * uniform() - 1
      const y = 2 * uniform() - 1
      const square = x * x + y * y
      if (square >= 1 || square === 0) continue
      const factor = Math.sqrt((-2 * log(square)) / square)
      spare = y * factor
      hasSpare = true
      return x * factor
    }
  }

  function exponential(mean: number): number {
    return -mean * log(1 - uniform())
  }

  function gamma(shape: number, scale: number): number {
    if (shape < 1) return boosted(shape) * scale
    return atLeastOne(shape) * scale
  }

  /** Gamma(shape < 1) = Gamma(shape + 1) × u^(1/shape). */
  function boosted(shape: number): number {
    return atLeastOne(shape + 1) * exp(log(1 - uniform()) / shape)
  }

  function atLeastOne(shape: number): number {
    const base = shape - 1 / 3
    const width = 1 / Math.sqrt(9 * base)
    for (;;) {
      const x = normal()
      const root = 1 + width * x
      if (root <= 0) continue
      const cube = root * root * root
      const u = 1 - uniform()
      const square = x * x
      if (u < 1 - 0.0331 * square * square) return base * cube
      if (log(u) < 0.5 * square + base * (1 - cube + log(cube))) return base * cube
    }
  }

  function weibull(shape: number, scale: number): number {
    return scale * exp(log(-log(1 - uniform())) / shape)
  }

  return { bits, uniform, integer, normal, exponential, gamma, weibull }
}

/** Four words from seed and name: MurmurHash3's mixing over the name's code units, once per word. */
function stateOf(seed: number, name: string): [number, number, number, number] {
  const low = seed >>> 0
  const high = Math.floor(seed / 4294967296) >>> 0
  const word = (salt: number) => {
    let hash = mix(low ^ salt) ^ mix(high + 0x9e3779b9)
    for (let i = 0; i < name.length; i++) {
      const k = Math.imul(name.charCodeAt(i), 0xcc9e2d51)
      hash ^= Math.imul((k << 15) | (k >>> 17), 0x1b873593)
      hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0
    }
    return mix(hash ^ name.length)
  }
  const state: [number, number, number, number] = [
    word(0x243f6a88),
    word(0x85a308d3),
    word(0x13198a2e),
    word(0x03707344),
  ]
  if ((state[0] | state[1] | state[2] | state[3]) === 0) state[0] = 1
  return state
}

/** MurmurHash3's final mix (Appleby 2011, public domain). */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35)
  return (h ^ (h >>> 16)) | 0
}
