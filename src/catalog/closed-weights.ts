// A model's name as logs have it in; whether nobody outside its maker can run its weights, out.

/** Names of models whose weights nobody outside their maker can run. Open weights of the same makers are left out. */
const closedWeights: readonly RegExp[] = [
  /^claude-/,
  /^(gpt-(?!oss|2\b|j\b|neo)|chatgpt-|o[134](-|$))/,
  /^gemini-/,
  /^grok-(?![12]\b)/,
  /^(amazon\.)?nova-(micro|lite|pro|premier)/,
]

/** Whether a model's name is that of closed weights, with or without its maker, cloud and region before it. */
export function isClosedWeights(model: string): boolean {
  const base = model
    .trim()
    .toLowerCase()
    .split('/')
    .at(-1)!
    .replace(/^((global|us|eu|apac|jp|au|ca)\.)?(anthropic|openai|google|xai)\./, '')
  return closedWeights.some(pattern => pattern.test(base))
}

/** The frontier model that stands in where the ledger has none: much used, of middle price among its makers' models. */
export const defaultFrontier = { provider: 'anthropic', model: 'claude-sonnet-5' } as const
