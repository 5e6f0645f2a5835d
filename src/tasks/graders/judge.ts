// An answer and a rubric in; what most votes of a model that judges say, out. It is blind to who answered; what it costs is kept apart.
import { createHash } from 'node:crypto'
import { setTimeout as after } from 'node:timers/promises'
import { z } from 'zod'
import { add, type Money, zero } from '../../core/meter/money.ts'
import { type Completed, type Target, targetWires, type Unanswered } from '../client.ts'
import type { Json } from '../task.ts'
import { expectedField, expectedOf, textOf } from './expected.ts'
import type { Answer, Grade, GraderKind, GraderTools } from './grader.ts'
import { judgePrompt } from './judge-prompt.ts'
import { type JudgeVerdict, judgeVerdict } from './judge-verdict.ts'
import { quoted } from './verdicts.ts'

const shape = z.strictObject({
  kind: z.literal('judge'),
  option: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'an option of the suite that judges, such as a server of your own' }),
  upstream: z
    .string()
    .min(1)
    .optional()
    .meta({ description: 'or an API of crossline.yaml, openai, anthropic, gemini; with model' }),
  model: z.string().min(1).optional(),
  wire: z.enum(targetWires).optional().meta({ description: 'how it is spoken to; default: as its upstream does' }),
  settings: z.record(z.string(), z.json()).optional().meta({ description: 'laid over each request: temperature, …' }),
  rubric: z.string().min(1).meta({ description: 'when an answer is right' }),
  expected: expectedField,
  showExpected: z.boolean().optional().meta({ description: 'the judge sees what is expected; default true' }),
  pairwise: z.boolean().optional().meta({
    description: 'the answer is set beside what is expected, in an order that is drawn; passes where it is no worse',
  }),
  votes: z.int().min(1).max(15).optional().meta({ description: 'more than half must agree; default 1' }),
  seed: z.int().nonnegative().optional().meta({ description: 'of the order in pairs; default 1' }),
  maxOutputTokens: z.int().positive().optional().meta({ description: 'of one vote; default 1024' }),
})

type Spec = z.output<typeof shape>

const SECONDS_PER_VOTE = 120
const TRIES_PER_VOTE = 3
const LONGEST_WAIT_SECONDS = 20

export const judge: GraderKind<Spec> = {
  kind: 'judge',
  shape,
  about: 'A model judges the answer by a rubric, blind to who gave it; calibrate it: crossline tasks rank --labels.',
  misfit(spec, expected) {
    const isNamed = spec.upstream !== undefined && spec.model !== undefined
    if ((spec.option === undefined) !== isNamed) return 'expected an option, or an upstream and a model'
    const isPair = spec.pairwise === true
    return isPair && expectedOf(spec, expected) === null ? 'in pairs it needs what is expected' : null
  },
  limitSeconds: ({ votes = 1 }) => SECONDS_PER_VOTE * votes,
  async grade(spec, answer, tools) {
    const votes = spec.votes ?? 1
    const given: Vote[] = []
    // More are not asked once no further vote can turn the majority.
    for (let i = 0; i < votes && majority(given, votes) === null; i++) {
      given.push(await vote(spec, answer, tools, i))
    }
    const pass = majority(given, votes)
    const usd = given.reduce<Money | null>(
      (sum, { usd }) => (sum === null || usd === null ? null : add(sum, usd)),
      zero,
    )
    return { pass, score: null, reason: reasonOf(given, pass), usd }
  },
}

interface Vote {
  /** Null = it refused, was down, or wrote no verdict. */
  readonly pass: boolean | null
  readonly says: string
  readonly usd: Money | null
}

/** What more than half of all votes say: null while none can be sure, or where they are too evenly split. */
function majority(given: readonly Vote[], votes: number): boolean | null {
  const count = (pass: boolean) => given.filter(one => one.pass === pass).length
  if (count(true) * 2 > votes) return true
  return count(false) * 2 > votes ? false : null
}

function reasonOf(given: readonly Vote[], pass: Grade['pass']): string | null {
  if (pass === true) return null
  const of = given.length === 1 ? '' : `${given.filter(one => one.pass === pass).length} of ${given.length} votes: `
  const one = given.find(({ pass: said }) => said === pass) ?? given[0]
  return `${of}${one?.says ?? 'no vote'}`
}

/** @throws Error where the judge is an option that nobody has looked up */
function targetOf({ upstream, model, wire, settings = {} }: Spec): Target {
  if (upstream === undefined || model === undefined) throw new Error('it is an option, and there are none here')
  const usual = wireNames.get(upstream) ?? 'openai.chat'
  return { upstream, wire: wire ?? usual, model, settings }
}

const wireNames: ReadonlyMap<string, Target['wire']> = new Map([
  ['anthropic', 'anthropic.messages'],
  ['gemini', 'gemini.generateContent'],
])

async function vote(spec: Spec, answer: Answer, tools: GraderTools, index: number): Promise<Vote> {
  const expected = expectedOf(spec, answer.task.expected)
  const isPair = spec.pairwise === true
  const draw = drawnBits(spec, answer.task.id, tools)
  // The first vote's order is drawn, each further one turns it: no place is favoured.
  const answerComes = isPair ? (((draw.bit + index) & 1) === 0 ? 'first' : 'second') : null
  const prompt = judgePrompt(answer, {
    rubric: spec.rubric,
    reference:
      expected === null || spec.showExpected === false ? (isPair ? textOf(expected as Json) : null) : textOf(expected),
    answerComes,
    fence: draw.fence,
    maxOutputTokens: spec.maxOutputTokens ?? 1024,
  })
  const { said, usd } = await asked(targetOf(spec), prompt, tools)
  if ('unanswered' in said) return { pass: null, says: `the judge ${wordsOf(said)}`, usd }
  const verdict = judgeVerdict(said.text, isPair ? ['a', 'b', 'tie'] : ['pass', 'fail'])
  if (verdict === null) return { pass: null, says: `the judge gave no verdict: ${quoted(said.text)}`, usd }
  return { pass: passOf(verdict, answerComes), says: quoted(verdict.reason ?? verdict.word, 160), usd }
}

function passOf({ word }: JudgeVerdict, answerComes: 'first' | 'second' | null): boolean {
  if (answerComes === null) return word === 'pass'
  return word === 'tie' || word === (answerComes === 'first' ? 'a' : 'b')
}

const wordsOf = ({ unanswered, problem }: Unanswered): string =>
  unanswered === 'refused' ? `refused: ${problem}` : `did not answer: ${problem}`

/** The order and the fence follow from seed, task and try; the option takes no part. */
function drawnBits(
  { seed = 1 }: Spec,
  task: string,
  { onBehalfOf }: GraderTools,
): { readonly bit: number; readonly fence: string } {
  const hash = createHash('sha256')
    .update(JSON.stringify([seed, task, onBehalfOf.attempt]))
    .digest()
  return { bit: hash[0]! & 1, fence: `material-${hash.subarray(1, 7).toString('hex')}` }
}

/** A vote that is asked again after a server's hiccup; what each request cost is counted. */
async function asked(
  target: Target,
  prompt: Parameters<GraderTools['client']['complete']>[1],
  { client, onBehalfOf, signal }: GraderTools,
): Promise<{ readonly said: Completed | Unanswered; readonly usd: Money | null }> {
  let usd: Money | null = zero
  for (let tries = 1; ; tries++) {
    const said = await client.complete(target, prompt, { ...onBehalfOf, purpose: 'judge' }, signal)
    usd = usd === null || said.usd === null ? null : add(usd, said.usd)
    const isOver = !('unanswered' in said) || said.unanswered !== 'unavailable' || tries === TRIES_PER_VOTE
    if (isOver || signal.aborted) return { said, usd }
    await after(1000 * Math.min(said.retryAfterSeconds ?? tries, LONGEST_WAIT_SECONDS), null, { signal })
  }
}
