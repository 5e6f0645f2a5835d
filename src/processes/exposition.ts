// Metrics as values in; their text as Prometheus scrapes it, out.
// Source: https://github.com/prometheus/docs/blob/main/docs/instrumenting/exposition_formats.md (text format 0.0.4).

export interface Sample {
  readonly value: number
  readonly labels?: Readonly<Record<string, string>>
}

/** What a histogram counted: by upper bound, not yet summed up, and one more beyond all bounds. */
export interface Buckets {
  readonly labels: Readonly<Record<string, string>>
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

interface Named {
  readonly name: string
  readonly help: string
}

export type Metric =
  | (Named & { readonly type: 'counter' | 'gauge'; readonly samples: readonly Sample[] })
  | (Named & { readonly type: 'histogram'; readonly buckets: readonly Buckets[] })

export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

export function exposition(metrics: readonly Metric[]): string {
  return metrics
    .map(metric => {
      const { name, help, type } = metric
      const lines =
        metric.type === 'histogram'
          ? metric.buckets.flatMap(one => histogramLines(name, one))
          : metric.samples.map(({ value, labels = {} }) => line(name, labels, value))
      return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`, ...lines, ''].join('\n')
    })
    .join('')
}

function histogramLines(name: string, { labels, bounds, counts, sum }: Buckets): string[] {
  let below = 0
  const steps = counts.map((count, i) => {
    below += count
    const le = i < bounds.length ? String(bounds[i]) : '+Inf'
    return line(`${name}_bucket`, { ...labels, le }, below)
  })
  return [...steps, line(`${name}_sum`, labels, sum), line(`${name}_count`, labels, below)]
}

function line(name: string, labels: Readonly<Record<string, string>>, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text).replace(/"/g, '\\"')}"`)
  return `${name}${pairs.length === 0 ? '' : `{${pairs.join(',')}}`} ${value}`
}

const escaped = (text: string): string => text.replace(/\\/g, '\\\\').replace(/\n/g, '\\n')
