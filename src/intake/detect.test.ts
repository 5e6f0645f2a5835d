// Every published shape is known by its first lines, and by one format only.
import { readdirSync } from 'node:fs'
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
