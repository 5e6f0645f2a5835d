// `npm run bench:coverage`: how often 95 % intervals hold a known truth over simulated suites, and what stopping early risks and saves.
import { stream } from '../../src/core/statistics/random.ts'
import { keepSection } from '../results.ts'
import { type Ends, intervalsOf } from './intervals.ts'
import { fixedTasks, ruledRun, spentWhilePeeking, wrongWhilePeeking, zOfPower } from './peeking.ts'
import { simulatedSuite, trueCostPerSuccess, trueCostPerTask } from './suites.ts'

const suites = 2000
const draws = 999
const sizes = [20, 50, 100, 200, 500]
const rates = [0.05, 0.1, 0.3, 0.5, 0.7, 0.9, 0.95]
const failureCost = 1.7
const skews = [
  { sigma: 0.5, withBca: false },
  { sigma: 1, withBca: true },
  { sigma: 1.3, withBca: false },
]

const names = ['wilson', 'usdPerTask', 'fieller', 'bca', 'recommended'] as const
type Name = (typeof names)[number]

interface Cell {
  readonly tasks: number
  readonly rate: number
  /** Share of suites without a success, and share in which Fieller's interval has no end. */
  readonly none: number
  readonly unbounded: number
  readonly held: Readonly<Record<Name, number | null>>
}

const holds = ({ low, high }: Ends, truth: number): boolean => low <= truth * (1 + 1e-12) && truth <= high * (1 + 1e-12)

function cellOf(tasks: number, rate: number, sigma: number, withBca: boolean): Cell {
  const truth = { tasks, rate, sigma, failureCost }
  const random = stream(1, `coverage ${tasks} ${rate} ${sigma}`)
  const [perSuccess, perTask] = [trueCostPerSuccess(truth), trueCostPerTask(truth)]
  const held = { wilson: 0, usdPerTask: 0, fieller: 0, bca: 0, recommended: 0 }
  let [none, unbounded] = [0, 0]
  for (let suite = 0; suite < suites; suite++) {
    const one = simulatedSuite(truth, random)
    const found = intervalsOf(one, withBca ? draws : 0, random)
    if (one.passed.every(passed => passed === 0)) none++
    if (found.fieller.high === Number.POSITIVE_INFINITY) unbounded++
    if (holds(found.wilson, rate)) held.wilson++
    if (holds(found.usdPerTask, perTask)) held.usdPerTask++
    if (holds(found.fieller, perSuccess)) held.fieller++
    if (holds(found.recommended, perSuccess)) held.recommended++
    if (found.bca !== null && holds(found.bca, perSuccess)) held.bca++
  }
  const share = (count: number) => count / suites
  return {
    tasks,
    rate,
    none: share(none),
    unbounded: share(unbounded),
    held: {
      wilson: share(held.wilson),
      usdPerTask: share(held.usdPerTask),
      fieller: share(held.fieller),
      recommended: share(held.recommended),
      bca: withBca ? share(held.bca) : null,
    },
  }
}

const percent = (share: number | null): string => (share === null ? '' : (share * 100).toFixed(1))
/** Outside 93 to 97 % it is marked. */
const judged = (share: number | null): string =>
  share === null ? '-' : share < 0.93 ? `**${percent(share)}**` : share > 0.97 ? `${percent(share)} +` : percent(share)

function tableOf(cells: readonly Cell[]): string {
  const heads = [
    'tasks',
    'pass rate',
    'no success',
    'Fieller unbounded',
    'Wilson',
    'cost per task',
    'Fieller',
    'BCa',
    'recommended',
  ]
  const rows = cells.map(({ tasks, rate, none, unbounded, held }) => [
    String(tasks),
    String(rate),
    percent(none),
    percent(unbounded),
    ...(['wilson', 'usdPerTask', 'fieller', 'bca', 'recommended'] as const).map(name => judged(held[name])),
  ])
  return [heads, heads.map(() => '---'), ...rows].map(row => `| ${row.join(' | ')} |\n`).join('')
}

function within(cells: readonly Cell[], name: Name): string {
  const told = cells.flatMap(({ held }) => held[name] ?? [])
  if (told.length === 0) return ''
  const inside = told.filter(share => share >= 0.93 && share <= 0.97).length
  const below = told.filter(share => share < 0.93).length
  return `${name}: ${inside} of ${told.length} cells within 93–97 %, ${below} below, lowest ${percent(Math.min(...told))} %`
}

const say = (text: string) => process.stdout.write(text)
const parts: string[] = []
for (const { sigma, withBca } of skews) {
  const cells = sizes.flatMap(tasks => rates.map(rate => cellOf(tasks, rate, sigma, withBca)))
  const summary = names
    .map(name => within(cells, name))
    .filter(line => line !== '')
    .map(line => `- ${line}.\n`)
    .join('')
  const part = `### Costs lognormal with σ = ${sigma}, a failed task ${failureCost} times as dear\n\n${summary}\n${tableOf(cells)}\n`
  say(part)
  parts.push(part)
}

const random = stream(1, 'peeking')
const peeking = [0.1, 0.5, 0.9].map(
  rate =>
    `- pass rate ${rate}: a wrong word in ${percent(wrongWhilePeeking(rate, 500, 4000, random))} % of 4,000 runs of 500 tasks, looked at after each.\n`,
)
const differences = [
  { onlyA: 0.175, onlyB: 0.075 },
  { onlyA: 0.2, onlyB: 0.05 },
]
const savings = differences.flatMap(difference =>
  [
    ...([80, 90, 95] as const).map(
      power => [`fixed n for power ${power} %`, fixedTasks(difference, zOfPower[power])] as const,
    ),
    ['a suite of 500', 500] as const,
  ].map(([what, tasks]) => {
    const found = spentWhilePeeking(difference, tasks, 2000, random)
    return `- a solves ${percent(difference.onlyA)} % alone, b ${percent(difference.onlyB)} %; ${what} (${tasks} tasks): ${percent(found.share)} % of it spent on average, a named in ${percent(found.right)} %, b in ${percent(found.wrong)} %.\n`
  }),
)
const truth = [
  { option: 'strong', rate: 0.8, usd: 1 },
  { option: 'as strong, twice as dear', rate: 0.8, usd: 2 },
  { option: 'cheap and weak', rate: 0.4, usd: 0.1 },
]
const ruled = Array.from({ length: 400 }, () => ruledRun(truth, 0.65, 500, random))
const spent = ruled.reduce((sum, { share }) => sum + share, 0) / ruled.length
const right = ruled.filter(({ best }) => best === 'strong').length / ruled.length
const wrong = ruled.filter(({ best }) => best !== null && best !== 'strong').length / ruled.length
const even = Array.from({ length: 400 }, () =>
  ruledRun(
    [
      { option: 'a', rate: 0.65, usd: 1 },
      { option: 'b', rate: 0.65, usd: 1 },
    ],
    0.65,
    300,
    random,
  ),
)
const falsely = even.filter(({ stop }) => stop !== null).length / even.length
const stopping = `### Stopping early, looked at after every task

${peeking.join('')}${savings.join('')}- a run of three options (bar 65 %; 80 % at $1, 80 % at $2, 40 % at $0.10; 500 tasks): ${percent(spent)} % of the money spent on average, the right one named in ${percent(right)} %, a wrong one in ${percent(wrong)} % of 400 runs.
- two options alike and exactly at the bar (300 tasks): stopped, which is always wrong, in ${percent(falsely)} % of 400 runs.
`
say(stopping)
parts.push(stopping)

if (process.argv.includes('--write')) {
  keepSection(
    'What 95 % intervals hold',
    'npm run bench:coverage -- --write',
    `Of ${suites.toLocaleString('en-US')} simulated suites in each cell, how many in a hundred have the true figure inside the interval. Bold: below 93; +: above 97. A suite without a success has no cost per success, and an interval without an end holds everything, so that few successes give more than 95. "recommended" is what \`tasks rank\` shows; Fieller's and BCa stand beside it in \`--json\`.\n\n${parts.join('\n')}`,
  )
}
