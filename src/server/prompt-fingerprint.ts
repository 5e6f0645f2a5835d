// A data folder and a system prompt, as text or in the body of a request, in; the fingerprint that the folder's gateway gives it out.
import { Fault } from '../core/fault/fault.ts'
import { systemPromptFingerprint } from '../gateway/fingerprint.ts'
import { systemPromptOf } from '../gateway/system-prompt.ts'
import { asObject, parseJson } from '../wire/json.ts'
import { wireNames } from '../wire/wires.ts'
import { fingerprintKey } from './fingerprint-key.ts'

/**
 * A JSON object is taken for a request of any wire, anything else for the prompt itself.
 * @throws Fault PROMPT_MISSING
 */
export function promptFingerprint(dataDir: string, text: string, where: string): string {
  const body = asObject(parseJson(text))
  const prompt = body === null ? text.trim() : wireNames.map(wire => systemPromptOf(wire, body)).find(Boolean)
  if (!prompt) {
    throw new Fault('PROMPT_MISSING', body === null ? 'the prompt is empty' : 'the request has no system prompt', {
      where,
      fix: 'give the system prompt as text, or the JSON body of a request that carries one',
    })
  }
  return systemPromptFingerprint(fingerprintKey(dataDir), prompt)
}
