// The state in; the whole page out: verdict, controls, chart, ranked table, what it costs for what, what it rests on.
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { headline, sentences, unbroken } from '../charts/labels.ts'
import { BreakdownPanel } from './breakdown-panel.tsx'
import { BudgetsPanel } from './budgets-panel.tsx'
import { ChartPanel } from './chart-panel.tsx'
import { Controls } from './controls.tsx'
import { Downloads } from './downloads.tsx'
import { GatewayLine, GatewayTrouble, useGateway } from './gateway-line.tsx'
import { CoverageLine, Ground, SampleBanner } from './ground.tsx'
import { KeysDialog, keysOpen } from './keys.tsx'
import { LabelLine } from './label-line.tsx'
import { RankedTable } from './ranked-table.tsx'
import { SliceLine } from './slice-line.tsx'
import { SlicesPanel } from './slices-panel.tsx'
import { Empty, Failed, StillWorking, Working } from './standing.tsx'
import { decided, evidenceShown, loading, page } from './state.ts'
import { isDark, theme, turnTheme } from './theme.ts'

const darkNow = signal(false)

export function App(): JSX.Element {
  useGateway()
  useEffect(() => {
    const read = () => {
      darkNow.value = isDark()
    }
    read()
    const system = matchMedia('(prefers-color-scheme: dark)')
    system.addEventListener('change', read)
    return () => system.removeEventListener('change', read)
  }, [theme.value])
  useEffect(() => {
    document.title = decided.value.answer?.sample ? 'Crossline (sample data)' : 'Crossline'
  }, [decided.value.answer?.sample])
  return (
    <>
      <header class="top">
        <a class="wordmark" href="#top" title="Back to the defaults">
          Crossline
        </a>
        <div class="top-tools">
          <button type="button" class="quiet-button" onClick={turnTheme} aria-pressed={darkNow.value}>
            {darkNow.value ? 'Light' : 'Dark'}
          </button>
          <button type="button" class="quiet-button" onClick={() => (keysOpen.value = true)} aria-haspopup="dialog">
            Keys <kbd>?</kbd>
          </button>
        </div>
      </header>
      <GatewayTrouble />
      <Body />
      <BudgetsPanel />
      <GatewayLine />
      <LabelLine />
      <KeysDialog />
    </>
  )
}

function Body(): JSX.Element {
  const state = loading.value
  if (state.kind === 'trouble') {
    // Nothing in a slice is not nothing in the ledger.
    if (state.trouble.code.includes('EMPTY') && !page.value.question.where) return <Empty />
    return (
      <>
        <SliceLine />
        <Failed trouble={state.trouble} />
      </>
    )
  }
  const { answer: shown, problem } = decided.value
  const evidence = evidenceShown.value
  if (evidence === null) return <Working progress={state.kind === 'loading' ? state.progress : ''} />
  if (evidence.demand.calls === 0) return <Empty />
  const isOld = state.kind === 'loading'
  return (
    <div class={isOld ? 'answer old' : 'answer'} aria-busy={isOld}>
      {isOld && <StillWorking progress={state.progress} />}
      {evidence.sample && <SampleBanner attribution={evidence.attribution} />}
      <SliceLine />
      {shown ? (
        <>
          <div class="verdict" aria-live="polite">
            <h1>{headline(shown.verdict).first}</h1>
            {sentences(headline(shown.verdict).rest).map(sentence => (
              <p key={sentence}>{unbroken(sentence)}</p>
            ))}
          </div>
          <CoverageLine answer={shown} evidence={evidence} />
        </>
      ) : (
        <DecideFailed problem={problem} />
      )}
      <Controls evidence={evidence} />
      {shown && (
        <>
          <ChartPanel answer={shown} />
          <div class="columns">
            <RankedTable answer={shown} />
            <BreakdownPanel answer={shown} />
          </div>
          <SlicesPanel />
          <Ground answer={shown} />
          <Downloads answer={shown} state={page.value} />
        </>
      )}
    </div>
  )
}

/** A choice that core refuses: the controls stay, so that it can be taken back. */
function DecideFailed({ problem }: { problem: Error | null }): JSX.Element {
  const fix = problem && 'fix' in problem && typeof problem.fix === 'string' ? problem.fix : 'take the last choice back'
  return (
    <div class="standing" role="alert">
      <h1>No answer for these choices: {problem?.message ?? 'unknown reason'}</h1>
      <p>What to do: {fix}.</p>
    </div>
  )
}
