// Every published shape is known by its first lines, and by one format only.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { readHead } from './head.ts'
import { published } from './importers.ts'
import { inspectFile } from './inspect.ts'

const folder = (name: string) => fileURLToPath(new URL(`../../test/fixtures/${name}`, import.meta.url))
const formats: Readonly<Record<string, string>> = {
  'anthropic-batch.jsonl': 'anthropic-batch',
  'azure-excerpt.csv': 'azure',
  'bedrock-cloudwatch.json': 'bedrock',
  'bedrock.jsonl': 'bedrock',
  'burstgpt-shape.csv': 'burstgpt',
  'gemini-batch.jsonl': 'gemini-batch',
  'groq-batch.jsonl': 'openai-batch',
  'helicone.csv': 'helicone',
  'helicone.jsonl': 'helicone',
  'langfuse-api-v1.json': 'langfuse',
  'langfuse-observations-v2.jsonl': 'langfuse',
  'mooncake-excerpt.jsonl': 'mooncake',
  'openai-batch.jsonl': 'openai-batch',
  'openrouter-activity.json': 'openrouter-activity',
  'openrouter.json': 'openrouter',
  'servegen-excerpt.jsonl': 'servegen',
  'vertex-batch.jsonl': 'gemini-batch',
}
const files = ['logs', 'traces'].flatMap(name =>
  readdirSync(folder(name))
    .filter(file => !file.endsWith('.md'))
    .map(file => [file, join(folder(name), file)] as const),
)

test.each(files)('%s', async (file, path) => {
  const head = readHead(file, await inspectFile(path, file))
  expect(published.filter(importer => importer.matches(head)).map(({ name }) => name)).toEqual([formats[file]])
})

const [firstLine] = readFileSync(join(folder('logs'), 'langfuse-observations-v2.jsonl'), 'utf8').split('\n')
const observation = JSON.parse(firstLine!)
const matching = (text: string) => {
  const head = readHead('a', { head: text })
  return published.filter(importer => importer.matches(head)).map(({ name }) => name)
}

test.each(files)('a prompt that quotes %s makes no other log of it', (_file, path) => {
  const input = readFileSync(path, 'utf8')
  expect(matching(JSON.stringify({ ...observation, input }))).toEqual(['langfuse'])
  expect(matching(JSON.stringify([{ ...observation, input }], null, 2))).toEqual(['langfuse'])
})

test('a first record that is longer than what is looked at is known by its beginning', () => {
  const long = JSON.stringify({ ...observation, input: 'x'.repeat(2 ** 21) })
  expect(matching(long.slice(0, 2 ** 20))).toEqual(['langfuse'])
  expect(matching(`[${long}`.slice(0, 2 ** 20))).toEqual(['langfuse'])
})
