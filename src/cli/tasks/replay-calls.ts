// The flags of `tasks replay` → calls drawn, their suite written, and tried on other options.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type FrameCall, samplingUnits } from '../../core/decide/quality/sample/sampling-units.ts'
import { type StratifiedSample, stratifiedSample } from '../../core/decide/quality/sample/stratified-sample.ts'
import { Fault } from '../../core/fault/fault.ts'
import { many } from '../../core/fault/many.ts'
import { callNeeds } from '../../core/meter/needs.ts'
import type { FramedCall } from '../../ledger/ledger.ts'
import { type ReplayTold, replayText } from '../../report/replay-text.ts'
import { graderShape } from '../../tasks/graders/graders.ts'
import { type ReplaySuite, replaySuite } from '../../tasks/replay/replay-suite.ts'
import type { GraderSpec } from '../../tasks/task.ts'
import type { CommandFrame } from '../command.ts'
import { given } from '../flags.ts'
import { terminalColumns } from '../output.ts'
import { runOperation } from '../run-operation.ts'
import type { ReplayFlags } from './replay.ts'
import { type Contents, capturedContents, datasetContents } from './replay-contents.ts'

export async function replayCalls(flags: ReplayFlags, frame: CommandFrame): Promise<void> {
  const { data, seed } = frame.globals()
  const contents =
    flags.dataset === undefined
      ? capturedContents(data, frame.settings().gateway?.capture ?? {})
      : datasetContents(flags.dataset)
  const { sampleFrame } = await import('../../server/operations.ts')
  const params = given({ from: flags.from, to: flags.to, zone: frame.settings().zone, where: flags.where })
  const framed = await runOperation(frame, sampleFrame, params)
  // What runs of tasks asked is nobody's traffic.
  const calls = framed.calls.filter(({ run }) => run === null)
  const sample = stratifiedSample(samplingUnits(frameOf(calls, contents)), flags.size, seed)
  checkSample(sample, contents, flags)
  const said = contents.of(new Set(sample.calls.map(({ call }) => call.id)))
  const suite = replaySuite(sample.calls, id => said.get(id) ?? null, gradersOf(flags))
  if (suite.ungraded > 0) {
    throw new Fault('GRADER_NEEDED', `nobody says when an answer in words is right (${suite.ungraded} of the calls)`, {
      where: 'crossline tasks replay',
      fix: 'give --judge openai:gpt-5-mini, or --grader normalised',
    })
  }
  if (suite.tasks.length === 0) {
    const reasons = [...suite.leftOut].map(([reason, times]) => `${reason} (${times})`).join(', ')
    throw new Fault('NO_TASKS', `none of the calls can be tried elsewhere: ${reasons}`, { kind: 'no' })
  }
  const told = toldOf(calls, sample, suite, contents, seed)
  const path = writeSuite(suite, flags.suiteOut ?? defaultPath(data, told, suite), seed)
  const answer = { ...told, suite: path }
  if (flags.suiteOut !== undefined) {
    frame.output.result(answer, () => replayText(answer, terminalColumns()))
    return
  }
  frame.output.note(replayText(answer, terminalColumns()))
  const { runSuite } = await import('./run-suite.ts')
  await runSuite(path, { ...flags, origin: 'replay', sample }, frame)
}

const toolsBit = callNeeds.find(({ need }) => need === 'tools')!.bit

/** A call that was seen to begin and never to end has no answer to hold others against; it counts all the same. */
function frameOf(calls: readonly FramedCall[], contents: Contents): FrameCall[] {
  const seen = new Set<string>()
  return calls.map(({ source, id, atMicros, feature, task, promptTokens, needs, outcome, usd, sameAs, model }) => {
    // Two files may number their rows alike; content is given by a call's own id.
    const name = seen.has(id) ? `${source}/${id}` : id
    seen.add(id)
    return {
      id: name,
      atMicros,
      session: task,
      feature,
      promptTokens,
      usesTools: (needs & toolsBit) !== 0,
      outcome,
      usd: usd === null ? null : Number(usd),
      sameAs: sameAs === null ? null : `${model ?? ''} ${sameAs}`,
      hasContent: contents.has(name),
    }
  })
}

function checkSample({ calls, population }: StratifiedSample, contents: Contents, flags: ReplayFlags): void {
  if (population.calls === 0) {
    throw new Fault('NO_CALLS', 'the ledger has no calls there', { fix: 'ask for another time or part' })
  }
  if (calls.length > 0) return
  if (contents.size === 0) {
    throw new Fault('NO_CONTENT', 'nothing is kept of what calls said', {
      where: 'gateway.capture',
      fix: 'turn captures on (docs/gateway.md#captures), or give --dataset FILE',
    })
  }
  throw new Fault('NO_CONTENT', `none of the ${contents.size} calls with content are among these`, {
    where: flags.dataset ?? 'captures',
    fix: 'ids must be those of the ledger, and their time within --from and --to',
  })
}

const defaultRubric =
  'The answer does the same for whoever asked as the reference: the same facts and decisions, nothing needed left out, nothing wrong added. Wording and style do not matter.'

function gradersOf({ judge, rubric, grader }: ReplayFlags): { toolCalls: GraderSpec; words: GraderSpec | null } {
  const toolCalls = { kind: 'tool-calls' }
  if (judge !== undefined) {
    const [, upstream, model] = /^([^:]+):(.+)$/.exec(judge) ?? []
    if (upstream === undefined || model === undefined) {
      throw new Fault('BAD_JUDGE', `"${judge}" names no model of an upstream`, {
        where: '--judge',
        fix: 'write openai:gpt-5-mini',
      })
    }
    return { toolCalls, words: { kind: 'judge', upstream, model, rubric: rubric ?? defaultRubric } }
  }
  if (grader === undefined) return { toolCalls, words: null }
  const [kind = '', threshold] = grader.split(':')
  const words = { kind, ...(threshold === undefined ? {} : { threshold: Number(threshold) }) }
  const checked = graderShape.safeParse(words)
  if (checked.success) return { toolCalls, words }
  const [issue] = checked.error.issues
  const fix = kind === 'f1' ? 'say from which F1 on an answer passes: f1:0.7' : 'use exact, normalised, json or f1:0.7'
  throw new Fault('BAD_GRADER', `"${grader}": ${issue!.message}`, { where: '--grader', fix })
}

function toldOf(
  calls: readonly FramedCall[],
  sample: StratifiedSample,
  suite: ReplaySuite,
  contents: Contents,
  seed: number,
): Omit<ReplayTold, 'suite'> {
  const timeOf = (call: FramedCall | undefined) =>
    call === undefined ? null : new Date(call.atMicros / 1000).toISOString()
  return {
    from: timeOf(calls[0]),
    to: timeOf(calls.at(-1)),
    seed,
    sample,
    tasks: suite.tasks.length,
    leftOut: Object.fromEntries(suite.leftOut),
    lost: Object.fromEntries(suite.lost),
    problems: [
      ...contents.problems,
      ...(contents.unusable === 0
        ? []
        : [
            `${many(contents.unusable, 'call')} with content that cannot be tried elsewhere: no answer in words or calls, or a request that only its own provider can answer`,
          ]),
    ],
  }
}

/** The same sample is the same file: a run that was stopped is taken up by the same command. */
function defaultPath(data: string, { from, to, seed }: Omit<ReplayTold, 'suite'>, suite: ReplaySuite): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([from, to, seed, suite.tasks]))
    .digest('hex')
    .slice(0, 10)
  return join(data, 'replays', hash, 'replay.json')
}

/** For its owner alone: it holds what calls said. */
function writeSuite({ tasks, pictures }: ReplaySuite, path: string, seed: number): string {
  const folder = dirname(path)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const suite = { name: 'replay', description: `metered calls, drawn by seed ${seed}; weights are calls`, tasks }
  writeFileSync(path, `${JSON.stringify(suite, null, 1)}\n`, { mode: 0o600 })
  if (pictures.size > 0) mkdirSync(join(folder, 'pictures'), { recursive: true, mode: 0o700 })
  for (const [name, bytes] of pictures) writeFileSync(join(folder, 'pictures', name), bytes, { mode: 0o600 })
  return path
}
