// Load points of a server of unknown hardware in; what its steps take, fitted so that the simulator repeats them, out.
import { exp, log } from '../../statistics/elementary.ts'
import { type BareServer, bareEngine } from './bare-server.ts'
import { leastSquares } from './least-squares.ts'
import { type LoadPoint, typical } from './load-point.ts'
import { figureNames, measuredOf, replayed } from './replay.ts'

export interface BareFit {
  readonly server: BareServer
  readonly loss: number
}

/** A first token waits for chance as much as for work: its residual counts less. */
const weights = { ttftMs: 0.5, tpotMs: 1, outputTokensPerSecond: 1 } as const
/** Residuals (of logarithms) beyond this are taken for outliers. */
const huber = 0.15
/** What five points do not tell apart stays near where it began: spread of a parameter's logarithm. */
const spread = 2

type Seconds = Omit<BareServer, 'maxSequences' | 'maxContext' | 'maxBatchedTokens'>
const names = [
  'stepSeconds',
  'sequenceSeconds',
  'contextTokenSeconds',
  'promptStepSeconds',
  'promptTokenSeconds',
  'entrySeconds',
] as const satisfies readonly (keyof Seconds)[]

export interface BareLimits {
  /** Requests served at once, where it is known. */
  readonly maxSequences: number | null
  readonly maxContext: number
  readonly maxBatchedTokens: number
}

/**
 * Fits the seconds for each number of requests that the server may take at once (those of the sweep, and no limit), and
 * keeps the one with the least loss; a limit must earn its place by a twentieth.
 */
export function fitBareServer(points: readonly LoadPoint[], limits: BareLimits): BareFit {
  const tried = limits.maxSequences === null ? [null, ...slotsSuggested(points)] : [limits.maxSequences]
  let best: BareFit | null = null
  for (const maxSequences of tried) {
    const fit = fitSeconds(points, { ...limits, maxSequences }, best?.server ?? firstGuess(points))
    if (best === null || fit.loss < 0.95 * best.loss) best = fit
  }
  return best!
}

function fitSeconds(points: readonly LoadPoint[], limits: BareLimits, start: Seconds): BareFit {
  const first = names.map(name => log(start[name]))
  const serverAt = (logs: readonly number[]): BareServer => {
    const [stepSeconds, sequenceSeconds, contextTokenSeconds, promptStepSeconds, promptTokenSeconds, entrySeconds] =
      logs.map(exp) as [number, number, number, number, number, number]
    return {
      ...limits,
      stepSeconds,
      sequenceSeconds,
      contextTokenSeconds,
      promptStepSeconds,
      promptTokenSeconds,
      entrySeconds,
    }
  }
  const { parameters, loss } = leastSquares(
    logs => {
      const engine = bareEngine(serverAt(logs))
      const apart = points.flatMap(point => {
        const [measured, predicted] = [measuredOf(point), replayed(engine, point)]
        return figureNames.map(name => {
          const [truth, guess] = [measured[name], predicted[name]]
          return truth === null || guess === null ? 0 : weights[name] * log(guess / truth)
        })
      })
      // Each shrinks towards the guess as one figure of one point would pull that is `spread` off.
      return [...apart, ...logs.map((value, i) => ((value - first[i]!) * huber) / spread)]
    },
    first,
    { huber, difference: 0.02, iterations: 25 },
  )
  return { server: serverAt(parameters), loss }
}

/** From the least loaded point: nine tenths of a token's time are the step's own, and a prompt's are its tokens'. */
function firstGuess(points: readonly LoadPoint[]): Seconds {
  const load = ({ concurrency, offeredPerSecond }: LoadPoint): number => concurrency ?? offeredPerSecond ?? 1
  const [quiet] = [...points].sort((a, b) => load(a) - load(b))
  const tpot = (typical(quiet!.tpotMs) ?? 20) / 1000
  const ttft = (typical(quiet!.ttftMs) ?? 20 * tpot) / 1000
  return {
    stepSeconds: 0.8 * tpot,
    sequenceSeconds: 0.1 * tpot,
    contextTokenSeconds: (0.1 * tpot) / (quiet!.inputTokens + quiet!.outputTokens / 2),
    promptStepSeconds: 0.05 * ttft,
    promptTokenSeconds: (0.8 * ttft) / quiet!.inputTokens,
    entrySeconds: Math.max(0.001, 0.02 * ttft),
  }
}

/** A server that takes fewer at once than were sent lets the others wait: only such limits leave a trace. */
function slotsSuggested(points: readonly LoadPoint[]): readonly number[] {
  const most = Math.max(...points.map(({ concurrency }) => concurrency ?? 1))
  return [1, 2, 4, 8, 16, 32, 64, 128, 256].filter(slots => slots < most)
}
