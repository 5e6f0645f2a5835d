// The same requests on the same replica, with the same step times: Crossline and Vidur as PyPI has it, side by side.
import { execFileSync } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gpuById, modelById } from '../../src/catalog/facts.ts'
import { buildEngine, type Engine } from '../../src/core/serving/engine/engine.ts'
import { type Outcome, simulate } from '../../src/core/serving/fleet/simulate.ts'
import { fetched, fetchedFolder, onPath, refuse } from '../fetched.ts'
import { type Figure, median } from '../measure.ts'
import { coreSeconds, drawn } from './speed.ts'

const version = '0.0.26'
const requests = 10_000

/** @throws Error when Python or Vidur cannot be had. */
export async function vidurFigures(folder: string, rounds: number): Promise<Figure[]> {
  const python = onPath('python3') ?? refuse('there is no python3')
  const home = join(fetchedFolder, `vidur-${version}`)
  const command = join(home, 'bin/python')
  if (!existsSync(join(home, 'bin/vidur.installed'))) {
    await fetched(python, ['-m', 'venv', home], fetchedFolder)
    await fetched(join(home, 'bin/pip'), ['install', '-q', '--disable-pip-version-check', `vidur==${version}`], home)
    writeFileSync(join(home, 'bin/vidur.installed'), '')
  }
  const { engine, steps } = linear(
    buildEngine({ gpu: gpuById('h100-sxm-80gb'), model: modelById('llama-3.1-8b'), tp: 1 }),
  )
  const load = drawn(requests, 10)
  const file = join(folder, 'vidur.json')
  const lists = {
    atSeconds: [...load.atSeconds],
    inputTokens: [...load.inputTokens],
    outputTokens: [...load.outputTokens],
  }
  const { maxBatchedTokens, maxSequences } = engine
  const limits = { kvBlocks: engine.memory.kvBlocks, maxBatchedTokens, maxSequences, maxTokens: 32768 }
  writeFileSync(file, JSON.stringify({ ...steps, ...limits, ...lists }))

  const ours: number[] = []
  const theirs: { seconds: number; endSeconds: number; meanSpentSeconds: number }[] = []
  const outcomes = Array.from({ length: rounds }, () => {
    const script = join(import.meta.dirname, 'run-vidur.py')
    const said = execFileSync(command, [script, file], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    theirs.push(JSON.parse(said.trimEnd().split('\n').at(-1)!))
    const tries = [0, 1, 2].map(() => {
      let outcome: Outcome | null = null
      ours.push(
        coreSeconds(() => {
          outcome = simulate(load, { engine, replicas: 1 })
        }),
      )
      return outcome! as Outcome
    })
    return tries[0]!
  })
  const { durationSeconds, meanOutstanding } = outcomes[0]!
  const spent = (meanOutstanding * durationSeconds) / requests
  const other = theirs[0]!
  const rate = (seconds: number): string => `${Math.round(requests / seconds).toLocaleString('en-US')} requests/s`
  const [fast, slow] = [median(ours), median(theirs.map(run => run.seconds))]
  return [
    {
      name: `simulate ${requests.toLocaleString('en-US')} requests, chunked prefill, beside Vidur ${version}`,
      measured: `${rate(fast)} (its first run: ${rate(ours[0]!)})`,
      against: rate(slow),
      value: slow / fast,
      unit: 'times as fast',
      target: 100,
      isAtLeast: true,
    },
    {
      name: 'the mean time that a request spent there',
      measured: `${spent.toFixed(4)} s`,
      against: `${other.meanSpentSeconds.toFixed(4)} s`,
      value: 100 * Math.abs(spent / other.meanSpentSeconds - 1),
      unit: '% apart',
      target: null,
    },
  ]
}

/** The engine with step times that are linear in tokens and context, which both can be told. */
function linear(engine: Engine) {
  const { timer } = engine
  const fixed = timer.decode(1)
  const perToken = (timer.mixed(8192, 1, 1, 0) - fixed) / 8191
  const perContextToken = timer.contextTokenSeconds
  const steps = { fixedMs: 1000 * fixed, perTokenMs: 1000 * perToken, perContextTokenMs: 1000 * perContextToken }
  const told: Engine = {
    ...engine,
    timer: {
      decode: sequences => fixed + perToken * sequences,
      contextTokenSeconds: perContextToken,
      sequenceSeconds: () => 0,
      prefillAttention: (tokens, context) => perContextToken * (tokens + context),
      mixed: (tokens, _rows, _requests, attention) => fixed + perToken * tokens + attention,
      entrySeconds: 0,
      frontSeconds: () => 0,
      promptRoom: (budget, decoding) => budget - decoding,
      largestPart: engine.timer.largestPart,
    },
  }
  return { engine: told, steps }
}
