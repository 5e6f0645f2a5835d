// Column names that no list knows in; the `--map` that would most likely read them as calls, to be looked at by a person, out.

type Needed = 'time' | 'input' | 'output' | 'model'

const said: Readonly<Record<Needed, (words: readonly string[]) => boolean>> = {
  time: some(['time', 'timestamp', 'date', 'datetime', 'created', 'when', 'ts']),
  input: words => isTokens(words) && inputWords(words),
  output: words => isTokens(words) && outputWords(words),
  model: some(['model', 'engine', 'deployment']),
}
const isTokens = some(['token', 'tokens', 'tok', 'toks'])
const inputWords = some(['in', 'input', 'inputs', 'prompt', 'prompts', 'request', 'sent', 'context'])
const outputWords = some(['out', 'output', 'outputs', 'completion', 'completions', 'response', 'answer', 'generated'])

function some(wanted: readonly string[]) {
  return (words: readonly string[]): boolean => words.some(word => wanted.includes(word))
}

/**
 * `--map time='Request Date' --map input=COLUMN …` for the fields asked for, `COLUMN` where no name or more than one sounds
 * like it; `taken` are columns that are read already.
 */
export function likelyMap(columns: readonly string[], fields: readonly Needed[], taken: readonly string[]): string {
  const free = columns.filter(column => !taken.includes(column))
  return fields
    .map(field => {
      const found = free.filter(column => said[field](wordsOf(column)))
      return { field, column: found.length === 1 ? found[0]! : null }
    })
    .filter(({ field, column }) => column !== null || field !== 'model')
    .map(({ field, column }) => `--map ${column === null ? `${field}=COLUMN` : quoted(`${field}=${column}`)}`)
    .join(' ')
}

/** "promptTokens", "prompt_tokens", "Prompt Tokens" → prompt, tokens. */
const wordsOf = (column: string): string[] =>
  column
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(word => word !== '')

const quoted = (word: string): string => (/^[\w.:=/-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
