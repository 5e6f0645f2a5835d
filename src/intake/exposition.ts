// Prometheus text exposition (https://prometheus.io/docs/instrumenting/exposition_formats/, 0.0.4) in; its samples, and the lines that are none, out.

export interface Sample {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** May be NaN or infinite. */
  readonly value: number
  /** As the line states it, milliseconds since 1970; null when it does not. */
  readonly atMs: number | null
}

export interface BadLine {
  readonly line: number
  readonly raw: string
}

/** One scrape after another: a comment that holds nothing but a time (`# 2026-11-20T10:00:00Z`) says when the next was made. */
export interface Exposition {
  readonly scrapes: readonly { readonly stamp: string | null; readonly samples: readonly Sample[] }[]
  readonly bad: readonly BadLine[]
}

const stampLine = /^#\s*(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)\s*$/

export function readExposition(text: string): Exposition {
  const scrapes: { stamp: string | null; samples: Sample[] }[] = []
  const bad: BadLine[] = []
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    const stamp = stampLine.exec(line)?.[1]
    if (stamp !== undefined) scrapes.push({ stamp, samples: [] })
    if (line.startsWith('#')) continue
    const sample = sampleOf(line)
    if (sample === null) {
      bad.push({ line: i + 1, raw })
      continue
    }
    if (scrapes.length === 0) scrapes.push({ stamp: null, samples: [] })
    scrapes.at(-1)!.samples.push(sample)
  }
  return { scrapes, bad }
}

const nameAt = /[a-zA-Z_:][a-zA-Z0-9_:]*/y
const labelAt = /([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\.)*)"[ \t]*(,?)[ \t]*/y
const restAt = /[ \t]*(\S+)(?:[ \t]+(-?\d+))?[ \t]*$/y

/** `name{label="value"} 12.5 1763900700000`; null when it is not of that form. */
function sampleOf(line: string): Sample | null {
  const name = matchAt(nameAt, line, 0)
  if (name === null) return null
  const labels: Record<string, string> = {}
  let at = name[0].length
  const open = matchAt(/[ \t]*\{[ \t]*/y, line, at)
  if (open === null && !/[ \t]/.test(line[at] ?? '')) return null
  if (open !== null) {
    at += open[0].length
    for (let more = true; more && line[at] !== '}'; ) {
      const label = matchAt(labelAt, line, at)
      if (label === null) return null
      at += label[0].length
      labels[label[1]!] = unescaped(label[2]!)
      more = label[3] !== ''
    }
    if (line[at] !== '}') return null
    at++
  }
  const rest = matchAt(restAt, line, at)
  const value = rest === null ? null : numberOf(rest[1]!)
  if (rest === null || value === null) return null
  return { name: name[0], labels, value, atMs: rest[2] === undefined ? null : Number(rest[2]) }
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const unescaped = (text: string): string =>
  text.replace(/\\(.)/g, (whole, c: string) => (c === 'n' ? '\n' : c === '\\' || c === '"' ? c : whole))

/** As Go's ParseFloat reads what exporters write. */
function numberOf(text: string): number | null {
  if (/^[+-]?inf(inity)?$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity
  if (/^nan$/i.test(text)) return Number.NaN
  return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? Number(text) : null
}
