// Options ranked by their tries, and where what they cost went, in; a page with pictures, tables and what to know of them out.
import type { JSX } from 'preact'
import { render } from 'preact-render-to-string'
import { countLabel, shareLabel, usdLabel } from '../charts/labels.ts'
import type { Spread } from '../core/decide/quality/option-figures.ts'
import type { Spent } from '../core/decide/quality/spent.ts'
import { type At, type Shown, shownCost } from './ranking-text.ts'
import { stillPage } from './still-page.ts'
import { headlineOf, qualityPicture, rankedIn, spentPicture } from './tasks-pictures.tsx'

export interface TasksReport {
  /** What was tried, in a line or two: suite, tasks, tries, dates. */
  readonly facts: readonly string[]
  readonly bars: readonly At[]
  readonly spent: readonly Spent[]
  /** Sentences about pairs of options, most telling first. */
  readonly pairs: readonly string[]
  /** What a reader has to know of the figures. */
  readonly notes: readonly string[]
  /** Prints the same again. */
  readonly command: string
  readonly kinds?: ReadonlyMap<string, string>
}

/** As a page of its own. */
export function tasksHtml(report: TasksReport): string {
  const { bars, spent, facts, kinds } = report
  const pictures = bars.map((at, i) =>
    qualityPicture(at, facts, {
      theme: 'auto',
      heading: false,
      id: `quality-${i}`,
      ...(kinds === undefined ? {} : { kinds }),
    }),
  )
  const body = render(
    <main>
      <h1>{headlineOf(bars[0]!)}</h1>
      {facts.map(fact => (
        <p key={fact} class="quiet">
          {fact}
        </p>
      ))}
      {bars.map((at, i) => (
        <section key={at.bar}>
          {i > 0 && <h2>{headlineOf(at)}</h2>}
          <figure dangerouslySetInnerHTML={{ __html: pictures[i]! }} />
          <BarTable at={at} />
        </section>
      ))}
      {spent.length > 0 && (
        <figure dangerouslySetInnerHTML={{ __html: spentPicture(spent, { theme: 'auto', id: 'spent' }) }} />
      )}
      <Sentences title="Against each other" lines={report.pairs} />
      <Sentences title="To be known" lines={[...readingNotes, ...report.notes]} />
      <p class="quiet">
        The same again: <code>{report.command}</code>
      </p>
    </main>,
  )
  return stillPage({ title: 'Crossline: cost per success', css: sheet, body })
}

const sheet = `
body{margin:0;background:var(--cl-paper);color:var(--cl-ink);font:15px/1.5 Inter,'Helvetica Neue',Arial,sans-serif}
main{max-width:1140px;margin:0 auto;padding:28px 20px 48px}
h1{font-size:24px;line-height:1.25;margin:0 0 8px;font-weight:600}
h2{font-size:18px;margin:36px 0 8px;font-weight:600}
p{margin:0 0 4px;max-width:75ch}
.quiet{color:var(--cl-quiet);font-size:13px}
figure{margin:20px 0 8px;overflow-x:auto}
svg{display:block;width:100%;min-width:640px;height:auto}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;font-variant-numeric:tabular-nums}
th,td{text-align:right;padding:6px 10px;border-bottom:1px solid var(--cl-faint);white-space:nowrap}
th{color:var(--cl-quiet);font-weight:400}
th:first-child,td:first-child{text-align:left;white-space:normal;padding-left:0}
td small{color:var(--cl-quiet);font-size:12px}
tr.no td{color:var(--cl-quiet)}
ul{padding-left:18px;max-width:80ch}
li{margin:0 0 6px}
code{font-size:12px;overflow-wrap:anywhere}
`

const verdicts = { yes: 'yes', no: 'no', unclear: 'not enough data' } as const

function BarTable({ at }: { at: At }): JSX.Element {
  const { bar } = at
  return (
    <div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">option</th>
            <th scope="col">tasks</th>
            <th scope="col">passed</th>
            <th scope="col">USD per task</th>
            <th scope="col">USD per success</th>
            {bar !== null && <th scope="col">{`clears ${shareLabel(bar)}`}</th>}
          </tr>
        </thead>
        <tbody>
          {rankedIn(at).map(one => (
            <tr key={one.option} class={bar !== null && one.meetsBar === 'no' ? 'no' : undefined}>
              <td>{one.option}</td>
              <td>{countLabel(one.n)}</td>
              <Figure spread={one.passRate} label={shareLabel} />
              <Figure spread={one.usdPerTask} label={usdLabel} />
              <Cost of={one} />
              {bar !== null && <td>{verdicts[one.meetsBar]}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Figure({ spread, label }: { spread: Spread; label: (value: number | null) => string }): JSX.Element {
  const { value, low, high } = spread
  return (
    <td>
      {label(value)} {low !== null && high !== null && <small>{`${label(low)} to ${label(high)}`}</small>}
    </td>
  )
}

function Cost({ of: one }: { of: Shown }): JSX.Element {
  const cost = shownCost(one)
  if (cost.value === null) return <td>{one.passRate.value === 0 ? 'no success' : 'unknown'}</td>
  if ('unbounded' in one.usdPerSuccess && cost.high === null) {
    return (
      <td>
        {usdLabel(cost.value)} <small>too few successes for a bound</small>
      </td>
    )
  }
  return <Figure spread={cost} label={usdLabel} />
}

function Sentences({ title, lines }: { title: string; lines: readonly string[] }): JSX.Element | null {
  if (lines.length === 0) return null
  return (
    <section>
      <h2>{title}</h2>
      <ul>
        {lines.map(line => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  )
}

const readingNotes: readonly string[] = [
  'Cost per success is all that the tries of an option cost, failed ones too, ÷ the tasks that passed. It ranks; by itself it never chooses: a cheap option that is often wrong can look cheap by it.',
  'Ranges hold the true figure in 95 of 100 such samples. An option clears the bar when the whole range of its pass rate does.',
]
