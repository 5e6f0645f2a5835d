// Where a program's calls are to go in; the variables by which every SDK finds its way there, out.
import type { OnBehalfOf, Target } from '../../tasks/client.ts'

/**
 * The official libraries, and most others, read their address and key from the environment. The key is the run's own: the
 * gateway takes it out, puts the provider's in, and knows by it whose calls these are.
 */
export const environmentOf = (
  mount: string,
  secret: string,
  { model, wire }: Target,
  { run, option, task, attempt }: OnBehalfOf,
): Readonly<Record<string, string>> => ({
  OPENAI_BASE_URL: `${mount}/v1`,
  OPENAI_API_BASE: `${mount}/v1`,
  OPENAI_API_KEY: secret,
  ANTHROPIC_BASE_URL: mount,
  ANTHROPIC_API_KEY: secret,
  ANTHROPIC_AUTH_TOKEN: '',
  GOOGLE_GEMINI_BASE_URL: mount,
  GEMINI_API_KEY: secret,
  GOOGLE_API_KEY: secret,
  CROSSLINE_URL: mount,
  CROSSLINE_KEY: secret,
  CROSSLINE_MODEL: model,
  CROSSLINE_WIRE: wire,
  CROSSLINE_RUN: run,
  CROSSLINE_OPTION: option,
  CROSSLINE_TASK_ID: task,
  CROSSLINE_ATTEMPT: String(attempt),
})
