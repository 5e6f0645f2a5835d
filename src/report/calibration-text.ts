// A calibration in; what was measured, what was fitted and how far it is off, out, for a terminal.
import type { BareServer } from '../core/serving/calibration/bare-server.ts'
import type { CalibrationError, Foretold } from '../core/serving/calibration/calibration.ts'
import type { ErrorByFigure, FigureError } from '../core/serving/calibration/errors.ts'
import type { LoadPoint } from '../core/serving/calibration/load-point.ts'
import { type Scales, scaleNames } from '../core/serving/calibration/scales.ts'
import { loadPointsText } from './load-points-text.ts'

export function calibrationText(
  calibration: {
    readonly model: string
    readonly gpu: string | null
    readonly tp: number | null
    readonly server: BareServer | null
    readonly scales: Scales | null
    readonly error: CalibrationError
    readonly points: readonly LoadPoint[]
  },
  path: string,
): string {
  const { server, scales, error } = calibration
  return [
    loadPointsText(calibration.points),
    ...(server === null ? [] : bareLines(calibration.model, server)),
    ...(scales === null ? [] : scaleLines(`${calibration.model} on ${calibration.tp} × ${calibration.gpu}`, scales)),
    '',
    ...errorLines(error),
    `written to ${path}`,
  ].join('\n')
}

function bareLines(model: string, server: BareServer): string[] {
  const slots = server.maxSequences === null ? 'no limit was met' : `${server.maxSequences} at once, others wait`
  return [
    `${model}: a step takes ${ms(server.stepSeconds)} ms + ${ms(server.sequenceSeconds)} ms an answer + ${ms(server.contextTokenSeconds * 1000)} ms a 1000 tokens of context;`,
    `prompts ${ms(server.promptStepSeconds)} ms + ${ms(server.promptTokenSeconds)} ms a token; entry ${ms(server.entrySeconds)} ms; ${slots}.`,
  ]
}

function scaleLines(replica: string, scales: Scales): string[] {
  const told = scaleNames
    .filter(name => Math.abs(scales[name] - 1) >= 0.005)
    .map(name => `${name} ×${scales[name].toFixed(2)}`)
  const rows = told.length === 0 ? ['as shipped'] : [told.slice(0, 5), told.slice(5)].map(row => row.join(', '))
  return [
    `${replica}, time as a factor of the model as it ships:`,
    ...rows.filter(row => row !== '').map(row => `  ${row}`),
  ]
}

/** Measured beside predicted, load by load. */
export function comparisonText({ points, error }: Foretold, path: string, made: string): string {
  const cell = (value: number | null): string => (value === null ? '—' : String(Number(value.toPrecision(3))))
  const both = (a: number | null, b: number | null): string => `${cell(a)} → ${cell(b)}`.padStart(20)
  const rows = points.map(
    ({ point, measured, predicted }) =>
      `${`${point.concurrency ?? `${cell(point.offeredPerSecond)}/s`} × ${Math.round(point.inputTokens)}/${Math.round(point.outputTokens)}`.padEnd(18)}` +
      both(measured.outputTokensPerSecond, predicted.outputTokensPerSecond) +
      both(measured.tpotMs, predicted.tpotMs) +
      both(measured.ttftMs, predicted.ttftMs),
  )
  const head = `${'measured → predicted'.padEnd(18)}${['tokens/s', 'TPOT ms', 'TTFT ms'].map((name, i) => name.padStart(i === 0 ? 18 : 20)).join('')}`
  const said = [error.outputTokensPerSecond, error.tpotMs, error.ttftMs].map(share)
  return [
    head,
    ...rows,
    '',
    `error, median / p90: tokens/s ${said[0]}, TPOT ${said[1]}, TTFT ${said[2]}`,
    `by ${path} of ${made}`,
  ].join('\n')
}

function errorLines({ before, after, heldOut }: CalibrationError): string[] {
  const rows: [string, ErrorByFigure | null][] = [
    ['before', before],
    ['after', after],
    ['each point from the others', heldOut],
  ]
  const shown = rows.flatMap(([name, of]) =>
    of === null
      ? []
      : [
          `${name.padEnd(28)}${[of.outputTokensPerSecond, of.tpotMs, of.ttftMs].map(one => share(one).padStart(15)).join('')}`,
        ],
  )
  const head = `${'error, median / p90'.padEnd(28)}${['tokens/s', 'TPOT', 'TTFT'].map(name => name.padStart(15)).join('')}`
  return [head, ...shown]
}

const share = (error: FigureError | null): string =>
  error === null ? '—' : `${(100 * error.median).toFixed(1)} / ${(100 * error.p90).toFixed(0)} %`

const ms = (seconds: number): string => String(Number((seconds * 1000).toPrecision(3)))
