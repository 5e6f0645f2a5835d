// What servers served in; what a terminal shows out: a block for each, unknown as a dash and never as 0.

import { countLabel, daysLabel, shareLabel, tokensLabel, usdPerMtokLabel } from '../charts/labels.ts'
import type { Quantiles, ServerUtilization } from '../core/decide/utilization.ts'
import { many } from '../core/fault/many.ts'
import { ink, padded, paragraph } from './ansi.ts'

type ServerToShow = Omit<ServerUtilization, 'fromMicros' | 'toMicros'> & { readonly from: string; readonly to: string }

const labelWidth = 16

/** No line is wider than `columns` (80 at least). */
export function utilizationText(
  { servers }: { readonly servers: readonly ServerToShow[] },
  options: { readonly columns: number; readonly color: boolean },
): string {
  const pen = ink(options.color)
  const columns = Math.max(80, options.columns)
  return servers
    .map(server => {
      const models = server.models.length === 0 ? 'no model named' : server.models.join(', ')
      const [first = '', ...more] = paragraph(`${server.server}: ${models}`, columns)
      return [
        pen.bold(first),
        ...more,
        ...rowsOf(server).flatMap(([label, text]) =>
          paragraph(text, columns, ' '.repeat(labelWidth)).map(
            (line, i) =>
              (i === 0 ? padded(pen.dim(label), labelWidth) : ' '.repeat(labelWidth)) + line.slice(labelWidth),
          ),
        ),
      ].join('\n')
    })
    .join('\n\n')
}

function rowsOf(one: ServerToShow): [label: string, text: string][] {
  const { tokens, gpus } = one
  const perGpu =
    gpus === null
      ? 'GPUs not stated (--gpus)'
      : `${tokensLabel(one.tokensPerGpuHour)} a GPU-hour on ${many(gpus, 'GPU')}`
  const price =
    one.usdPerMtok === null
      ? 'not known (--gpus, --usd-per-gpu-hour)'
      : `${usdPerMtokLabel(one.usdPerMtok)} per Mtok, prompt and answer`
  return [
    ['seen', `${one.from} to ${one.to}, ${many(one.scrapes, 'scrape')}; ${timeWords(one)}`],
    [
      'served',
      `${tokensLabel(tokens.prompt)} in, ${tokensLabel(tokens.generation)} out; ${countLabel(one.finishedRequests)} requests finished`,
    ],
    ['rate', `${tokensLabel(one.tokensPerHour)} an hour; ${perGpu}`],
    ['cost', price],
    [
      'busy',
      `${shareLabel(one.busyShare)} of the time; ${number(one.runningMean)} requests running and ${number(one.waitingMean)} waiting on average`,
    ],
    [
      'cache',
      `KV ${shareLabel(one.kvCacheMean)} full on average, ${shareLabel(one.kvCacheMax)} at most; prefix hits ${shareLabel(one.prefixHitRate)}; ${countLabel(one.preemptions)} preemptions`,
    ],
    ['first token', quantileWords(one.ttftMs)],
    ['token to token', quantileWords(one.tpotMs)],
  ]
}

function timeWords({ observedHours, unknownHours, gapHours, restarts }: ServerToShow): string {
  const hours = (n: number) => (n < 1 / 30 ? `${(n * 3600).toFixed(0)} seconds` : daysLabel(n / 24))
  return [
    `${hours(observedHours)} known`,
    ...(gapHours > 0 ? [`${hours(gapHours)} of it between distant scrapes`] : []),
    ...(unknownHours > 0 ? [`${hours(unknownHours)} unknown: restarted unseen`] : []),
    ...(restarts > 0 ? [many(restarts, 'restart')] : []),
  ].join(', ')
}

const number = (n: number | null): string => (n === null ? '–' : n.toFixed(1))

const quantileWords = (found: Quantiles | null): string =>
  found === null ? '–' : `p50 ${ms(found.p50)}, p95 ${ms(found.p95)}, p99 ${ms(found.p99)}`

const ms = (n: number): string => `${n < 10 ? n.toFixed(1) : n.toFixed(0)} ms`
