// The figures of a server's processes in; the metrics that they are, each with its meaning, out.
import { latencyBoundsMs } from '../gateway/counters.ts'
import type { Buckets, Metric, Sample } from './exposition.ts'
import { byProcess, type Figures, type GatewayFigures } from './figures.ts'

/** No content, no secrets, and no name of a user: only upstreams, paths as patterns, and counts. */
export function metricsOf(figures: readonly Figures[], version: string): readonly Metric[] {
  const { gateways, writers } = byProcess(figures)
  const each = (figure: (one: GatewayFigures) => number): Sample[] =>
    gateways.map(one => ({ value: figure(one), labels: { worker: one.worker } }))
  const eachOf = (label: string, figuresOf: (one: GatewayFigures) => Readonly<Record<string, number>>): Sample[] =>
    gateways.flatMap(one =>
      Object.entries(figuresOf(one)).map(([name, value]) => ({ value, labels: { worker: one.worker, [label]: name } })),
    )
  const added: Buckets[] = gateways.map(({ worker, added: { counts, sumMs } }) => ({
    labels: { worker },
    bounds: latencyBoundsMs.map(ms => ms / 1000),
    counts,
    sum: sumMs / 1000,
  }))
  const ledgers = writers.flatMap(({ ledger }) => (ledger === null ? [] : [ledger]))
  const metrics: readonly Metric[] = [
    gauge('build_info', 'The version that runs.', [{ value: 1, labels: { version } }]),
    counter(
      'requests_total',
      'Requests to metered paths, by upstream.',
      eachOf('upstream', one => one.requests),
    ),
    counter(
      'answers_total',
      'Answers to metered requests, by upstream and HTTP status; none: no answer came.',
      gateways.flatMap(one =>
        Object.entries(one.answers).map(([name, value]) => {
          const [status, ...upstream] = name.split(' ')
          return { value, labels: { worker: one.worker, upstream: upstream.join(' '), status: status! } }
        }),
      ),
    ),
    counter(
      'unmetered_requests_total',
      'Requests passed on without a reading, by upstream, method and path.',
      eachOf('name', one => one.unmetered),
    ),
    counter(
      'records_total',
      'Records of calls that the spool took.',
      eachOf('kind', ({ records: { opened, settled } }) => ({ opened, settled })),
    ),
    counter(
      'records_lost_total',
      'Records that the spool did not take: their calls are missing or unsettled.',
      each(({ records }) => records.lost),
    ),
    counter(
      'refused_requests_total',
      'Requests refused, by why: a key, or a budget without room.',
      eachOf('reason', one => one.refused),
    ),
    counter(
      'budgets_unasked_total',
      'Calls whose budgets could not be asked.',
      each(({ unasked }) => unasked),
    ),
    counter(
      'captures_total',
      'Calls whose content was to be kept, by what came of it.',
      eachOf('outcome', one => one.captures ?? {}),
    ),
    gauge(
      'running_calls',
      'Requests that are being relayed.',
      each(({ running }) => running),
    ),
    {
      name: 'crossline_added_latency_seconds',
      help: 'From the last byte of a request to its start upstream.',
      type: 'histogram',
      buckets: added,
    },
    gauge(
      'spool_pending_bytes',
      'Records that wait for the disk.',
      each(({ spool }) => spool.pendingBytes),
    ),
    gauge(
      'spool_failing',
      '1 while the spool cannot be written.',
      each(({ spool }) => Number(spool.error !== null)),
    ),
    gauge(
      'spool_lag_bytes',
      'Records that the ledger does not have yet.',
      writers.map(({ lag }) => ({ value: lag.bytes })),
    ),
    gauge(
      'spool_lag_seconds',
      'For how long the ledger has not had all records.',
      writers.map(({ lag }) => ({ value: lag.seconds })),
    ),
    counter(
      'spool_corrupt_lines_total',
      'Lines of the spool that were not whole, and left out.',
      writers.map(({ corrupt }) => ({ value: corrupt })),
    ),
    gauge(
      'ledger_failing',
      '1 while the ledger does not take records.',
      writers.map(({ error }) => ({ value: Number(error !== null) })),
    ),
    gauge(
      'ledger_calls',
      'Calls of the ledger.',
      ledgers.map(({ calls }) => ({ value: calls })),
    ),
    gauge(
      'ledger_calls_in_doubt',
      'Calls of the ledger whose price, usage or end is not known, or whose usage is estimated.',
      ledgers.flatMap(({ unpriced, estimated, unknownUsage, unsettled }) =>
        Object.entries({ unpriced, estimated, 'unknown usage': unknownUsage, unsettled }).map(([doubt, value]) => ({
          value,
          labels: { doubt },
        })),
      ),
    ),
    gauge(
      'ledger_usd',
      'What the priced calls of the ledger cost, US dollars.',
      ledgers.map(({ usd }) => ({ value: usd })),
    ),
    gauge(
      'budget_usd',
      'Each budget in its current period, US dollars: its limit, what is spent, and what is held for calls under way.',
      writers.flatMap(({ budgets }) =>
        budgets.flatMap(({ name, usd }) =>
          Object.entries(usd).map(([what, value]) => ({ value, labels: { budget: name, what } })),
        ),
      ),
    ),
    gauge(
      'process_resident_memory_bytes',
      'Resident memory.',
      figures.map(one => ({
        value: one.residentBytes,
        labels: { process: one.of === 'gateway' ? `gateway ${one.worker}` : one.of },
      })),
    ),
  ]
  return metrics.filter(metric => (metric.type === 'histogram' ? metric.buckets : metric.samples).length > 0)
}

const plain =
  (type: 'counter' | 'gauge') =>
  (name: string, help: string, samples: readonly Sample[]): Metric => ({
    name: `crossline_${name}`,
    help,
    type,
    samples,
  })
const gauge = plain('gauge')
const counter = plain('counter')
