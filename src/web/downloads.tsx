// What is on the page in; the same as files out: SVG, PNG, JSON, CSV, and the command that prints it.
import { type JSX, render } from 'preact'
import { CrossoverChart } from '../charts/crossover.tsx'
import type { Answer } from '../core/decide/answer.ts'
import { commandOf, type PageState } from './address.ts'
import { domain, todayAnswer, writtenBy } from './state.ts'
import { isDark } from './theme.ts'

const picture = { width: 1200, height: 675 }

export function Downloads({ answer, state }: { answer: Answer; state: PageState }): JSX.Element {
  const svg = () => save('crossline.svg', 'image/svg+xml', svgText(answer, state))
  const png = async () => saveBlob('crossline.png', await pngBlob(svgText(answer, state)))
  const json = () => save('crossline.json', 'application/json', `${JSON.stringify(answer, null, 2)}\n`)
  const csv = () => save('crossline.csv', 'text/csv', csvText(answer))
  return (
    <footer class="downloads">
      <p>
        Download{' '}
        <button type="button" class="link" onClick={svg}>
          SVG
        </button>
        <button type="button" class="link" onClick={() => void png()}>
          PNG
        </button>
        <button type="button" class="link" onClick={json}>
          JSON
        </button>
        <button type="button" class="link" onClick={csv}>
          CSV
        </button>
      </p>
      <p>
        The same from the command line: <code>{commandOf(state, writtenBy)}</code>
      </p>
    </footer>
  )
}

/** The chart with its furniture in plain colours, drawn aside by the same component. */
function svgText(answer: Answer, { yScale, shown }: PageState): string {
  const aside = document.createElement('div')
  render(
    <CrossoverChart
      answer={answer}
      {...picture}
      theme={isDark() ? 'dark' : 'light'}
      yScale={yScale}
      shown={shown ?? undefined}
      domain={domain.value}
      today={todayAnswer.value?.youAreHere.tokensPerMonth ?? null}
      furniture
      id="export"
    />,
    aside,
  )
  const text = `<?xml version="1.0" encoding="UTF-8"?>\n${aside.innerHTML}\n`
  render(null, aside)
  return text
}

async function pngBlob(svg: string): Promise<Blob> {
  const image = new Image()
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`
  await image.decode()
  const canvas = document.createElement('canvas')
  canvas.width = picture.width * 2
  canvas.height = picture.height * 2
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height)
  return await new Promise((resolve, reject) =>
    canvas.toBlob(blob => (blob ? resolve(blob) : reject(new Error('no PNG from this browser'))), 'image/png'),
  )
}

/** Options as CSV by RFC 4180; unknown is empty. */
export function csvText(answer: Answer): string {
  const head = [
    'option',
    'kind',
    'group',
    'tokensPerMonth',
    'usd',
    'bandLow',
    'bandHigh',
    'usdPerMtok',
    'utilization',
    'replicas',
    'meetsQuality',
    'meetsLatency',
    'sample',
    'usdPerThousandRequests',
    'optimisedUsd',
    'infeasibleShare',
  ]
  const rows = answer.options.map(option => [
    option.name,
    option.kind,
    option.group,
    answer.youAreHere.tokensPerMonth,
    option.usd,
    option.band?.low ?? null,
    option.band?.high ?? null,
    option.usdPerMtok,
    option.utilization,
    option.replicas,
    option.meetsQuality,
    option.meetsLatency,
    answer.sample,
    option.usdPerThousandRequests,
    option.optimised?.usd ?? null,
    option.infeasible.share,
  ])
  return `${[head, ...rows].map(row => row.map(field).join(',')).join('\r\n')}\r\n`
}

function field(value: string | number | boolean | null): string {
  const text = value === null ? '' : String(value)
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text
}

function save(name: string, type: string, text: string): void {
  saveBlob(name, new Blob([text], { type }))
}

function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}
