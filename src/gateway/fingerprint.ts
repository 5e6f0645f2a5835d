// A request in; keyed hashes of its prompt block by block, of its system prompt and of all it asks, from which no text can be had back, out.
import { hash } from 'node:crypto'
import type { WireName } from '../wire/wire.ts'
import { systemPromptOf } from './system-prompt.ts'

/** Bytes of canonical prompt in a block: about 512 tokens of English, as many as Mooncake's blocks hold. */
const blockBytes = 2048

/** 64 bits each, as 16 hex digits. Without the key nobody can test a guess. */
export interface Fingerprints {
  /**
   * Of the 2 KiB blocks of the prompt, the last of which may be partly filled: each over the block and the hash before it, so
   * that equal beginnings of two prompts give equal beginnings of the chain, and equal chains are equal prompts.
   */
  readonly prefix: readonly string[]
  /** Of the system prompt, whatever the wire; null where there is none. */
  readonly systemPrompt: string | null
  /** Of everything that the answer depends on: the model asked for, the prompt, tools, schema and sampling. */
  readonly request: string
}

/**
 * What the canonical prompt holds, in order: tools, system, then each message's role and parts; pictures and files by their
 * bytes. `model` is the one asked for, where the path names it.
 */
export function fingerprintsOf(
  key: Buffer,
  wire: WireName,
  body: Readonly<Record<string, unknown>>,
  model: string | null,
): Fingerprints {
  const prompt = Buffer.from(canonicalPrompt(wire, body), 'utf8')
  const prefix: string[] = []
  let before = beginning
  for (let at = 0; at < prompt.length; at += blockBytes) {
    before = hashed(key, before, prompt.subarray(at, at + blockBytes))
    prefix.push(before)
  }
  const system = systemPromptOf(wire, body)
  return {
    prefix,
    systemPrompt: system === null ? null : systemPromptFingerprint(key, system),
    request: hashed(
      key,
      before,
      Buffer.from(`[${JSON.stringify(wire)},${JSON.stringify(model)},${canonical(settingsOf(wire, body))}]`),
    ),
  }
}

/** The same; null for a body nested so deep that it cannot be written down again, which is no reason not to pass it on. */
export function fingerprintsIfAny(...asked: Parameters<typeof fingerprintsOf>): Fingerprints | null {
  try {
    return fingerprintsOf(...asked)
  } catch (thrown) {
    if (thrown instanceof RangeError) return null
    throw thrown
  }
}

/** As the ledger, the rules and `crossline fingerprint` know a system prompt. Blanks around it do not count. */
export const systemPromptFingerprint = (key: Buffer, text: string): string =>
  hashed(key, 'of system prompt', Buffer.from(text.trim()))

/** What stands before a first block, as long as a hash, so that no two contents are put together to the same bytes. */
const beginning = '0'.repeat(16)

/** Of 256 bits 64 are told, from which nobody goes on: so the key may simply stand first, which takes half as long as HMAC. */
const hashed = (key: Buffer, before: string, content: Buffer): string =>
  hash('sha256', Buffer.concat([key, Buffer.from(before, 'latin1'), content]), 'hex').slice(0, 16)

/** Fields that make up the prompt, in the order in which a server puts them before the model. */
const parts: Readonly<Record<WireName, readonly string[]>> = {
  'openai.chat': ['tools', 'messages'],
  'openai.responses': ['tools', 'instructions', 'input'],
  'openai.embeddings': ['input'],
  'anthropic.messages': ['tools', 'system', 'messages'],
  'gemini.generateContent': ['tools', 'systemInstruction', 'system_instruction', 'contents'],
}

/** One text for one prompt: fields in their order, keys sorted, nothing of sampling settings. */
function canonicalPrompt(wire: WireName, body: Readonly<Record<string, unknown>>): string {
  return parts[wire].flatMap(field => (body[field] === undefined ? [] : [canonical(body[field])])).join('\n')
}

/** How an answer travels, who asked, what is kept and at which price: none of it changes what is answered. */
const besideTheAnswer: ReadonlySet<string> = new Set([
  'stream',
  'stream_options',
  'user',
  'safety_identifier',
  'metadata',
  'labels',
  'store',
  'background',
  'service_tier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'cache_control',
])

/** Every other field: those that nobody here knows may matter. */
function settingsOf(wire: WireName, body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).filter(([name]) => !besideTheAnswer.has(name) && !parts[wire].includes(name)),
  )
}

/** A JSON value as text, keys in one order; a marker of a cache says where to keep, not what is said. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  const object = value as Readonly<Record<string, unknown>>
  let text = ''
  for (const name of Object.keys(object).sort()) {
    if (name === 'cache_control') continue
    text += `${text === '' ? '{' : ','}${JSON.stringify(name)}:${canonical(object[name])}`
  }
  return text === '' ? '{}' : `${text}}`
}
