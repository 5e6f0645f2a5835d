// A request's prompt in; a keyed chain of hashes of its blocks, from which no text can be had back, out.
import { createHmac } from 'node:crypto'
import type { WireName } from '../wire/wire.ts'

/** Bytes of canonical prompt in a block; a part of one at the end is no block, as caches see it. */
const blockBytes = 2048

/**
 * Hashes of the whole 2 KiB blocks of a prompt, each over the block and the hash before it (64 bits, 16 hex digits): equal
 * beginnings of two prompts give equal beginnings of the chain, and without the key nobody can test a guess. What the
 * canonical form holds, in order: tools, system, then each message's role and parts; pictures and files by their bytes.
 */
export function fingerprintOf(key: Buffer, wire: WireName, body: Readonly<Record<string, unknown>>): string[] {
  const prompt = Buffer.from(canonical(wire, body), 'utf8')
  const chain: string[] = []
  let before = ''
  for (let at = 0; at + blockBytes <= prompt.length; at += blockBytes) {
    before = createHmac('sha256', key)
      .update(before)
      .update(prompt.subarray(at, at + blockBytes))
      .digest('hex')
      .slice(0, 16)
    chain.push(before)
  }
  return chain
}

/** Fields that make up the prompt, in the order in which a server puts them before the model. */
const parts: Readonly<Record<WireName, readonly string[]>> = {
  'openai.chat': ['tools', 'messages'],
  'openai.responses': ['tools', 'instructions', 'input'],
  'openai.embeddings': ['input'],
  'anthropic.messages': ['tools', 'system', 'messages'],
  'gemini.generateContent': ['tools', 'systemInstruction', 'system_instruction', 'contents'],
}

/** One text for one prompt: fields in their order, keys sorted, nothing of sampling settings. */
function canonical(wire: WireName, body: Readonly<Record<string, unknown>>): string {
  // A marker of a cache says where to keep, not what is said.
  const plain = (_: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
    const entries = Object.entries(value).filter(([name]) => name !== 'cache_control')
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  }
  return parts[wire]
    .flatMap(field => (body[field] === undefined ? [] : [JSON.stringify(body[field], plain)]))
    .join('\n')
}
