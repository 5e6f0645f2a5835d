// The answer in; the chart that can be read with a ruler and turned by dragging "you are here", out.
import type { JSX, TargetedPointerEvent } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { CrossoverChart, crossoverFrame } from '../charts/crossover.tsx'
import { volumeLabel } from '../charts/labels.ts'
import type { Answer } from '../core/decide/answer.ts'
import { choose, cursor, domain, dragged, go, page, todayAnswer } from './state.ts'
import { roundedVolume, stepped, stepsOfKey, stepsPerDecade, volumeOfText } from './volume.ts'

/** How near to the line a press takes hold of it, pixels: wider for a finger. */
const gripPixels = { mouse: 12, pen: 16, touch: 26 } as const

export function ChartPanel({ answer }: { answer: Answer }): JSX.Element {
  const holder = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(0)
  const [nearHandle, setNearHandle] = useState(false)
  useEffect(() => {
    const element = holder.current
    if (!element) return
    const measure = new ResizeObserver(([entry]) => {
      if (entry) setWidth(Math.floor(entry.contentRect.width))
    })
    measure.observe(element)
    return () => measure.disconnect()
  }, [])
  const here = answer.youAreHere.tokensPerMonth
  const today = todayAnswer.value?.youAreHere.tokensPerMonth ?? here
  const height = width < 640 ? 400 : Math.round(Math.min(520, Math.max(420, width * 0.4)))
  const shown = page.value.shown ?? undefined
  const props = {
    answer,
    width,
    height,
    theme: 'auto',
    yScale: page.value.yScale,
    shown,
    domain: domain.value,
    today,
  } as const
  const frame = width > 0 ? crossoverFrame(props) : null

  const pixelOf = (event: PointerEvent) => event.clientX - (holder.current?.getBoundingClientRect().left ?? 0)
  const onPointerDown = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!frame || event.button !== 0) return
    const grip = gripPixels[event.pointerType as keyof typeof gripPixels] ?? gripPixels.mouse
    if (Math.abs(pixelOf(event) - frame.x(here)) > grip) {
      onPointerMove(event)
      return
    }
    event.currentTarget.setPointerCapture(event.pointerId)
    cursor.value = null
    dragged.value = here
  }
  const onPointerMove = (event: TargetedPointerEvent<HTMLDivElement>) => {
    if (!frame) return
    const x = pixelOf(event)
    const volume = roundedVolume(frame.volumeAt(x))
    setNearHandle(Math.abs(x - frame.x(here)) <= gripPixels.mouse)
    if (dragged.value !== null) dragged.value = volume
    else cursor.value = x >= frame.plot.left - 6 && x <= frame.plot.right + 6 ? volume : null
  }
  const onPointerUp = () => {
    if (dragged.value === null) return
    const volume = dragged.value
    dragged.value = null
    choose({ tokensPerMonth: volume === today ? undefined : volume })
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const steps = stepsOfKey(event)
    if (steps === null) return
    event.preventDefault()
    choose({ tokensPerMonth: stepped(here, steps, domain.value) }, true)
  }
  return (
    <section class="chart-panel" aria-label="Monthly cost by volume">
      <div
        ref={holder}
        class={`chart${nearHandle || dragged.value !== null ? ' grab' : ''}`}
        role="slider"
        tabIndex={0}
        aria-label="You are here: volume in tokens a month"
        aria-valuemin={Math.round(domain.value[0])}
        aria-valuemax={Math.round(domain.value[1])}
        aria-valuenow={Math.round(here)}
        aria-valuetext={`${volumeLabel(here)}. ${answer.verdict}`}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={() => (dragged.value = null)}
        onPointerLeave={() => {
          cursor.value = null
          setNearHandle(false)
        }}
        onKeyDown={onKeyDown}
      >
        {frame && <CrossoverChart {...props} cursor={cursor.value} />}
      </div>
      <VolumeRow here={here} today={today} left={frame?.plot.left ?? 0} right={frame ? width - frame.plot.right : 0} />
    </section>
  )
}

function VolumeRow({
  here,
  today,
  left,
  right,
}: {
  here: number
  today: number
  left: number
  right: number
}): JSX.Element {
  const [low, high] = domain.value
  const moved = here !== today
  return (
    <div class="volume-row">
      <input
        class="volume-slider"
        style={{ marginLeft: `${left - 8}px`, marginRight: `${right - 8}px` }}
        type="range"
        aria-label="Volume, tokens a month"
        aria-valuetext={volumeLabel(here)}
        min={Math.log10(low)}
        max={Math.log10(high)}
        step={1 / stepsPerDecade / 8}
        value={Math.log10(here)}
        onInput={event => (dragged.value = roundedVolume(10 ** Number(event.currentTarget.value)))}
        onChange={event => {
          const volume = roundedVolume(10 ** Number(event.currentTarget.value))
          dragged.value = null
          choose({ tokensPerMonth: volume })
        }}
        onKeyDown={event => {
          const steps = stepsOfKey(event)
          if (steps === null) return
          event.preventDefault()
          choose({ tokensPerMonth: stepped(here, steps, domain.value) }, true)
        }}
      />
      <div class="volume-fields">
        <label for="volume">Volume</label>
        <input
          id="volume"
          type="text"
          inputMode="decimal"
          autocomplete="off"
          spellcheck={false}
          value={volumeLabel(here).replace('/month', '')}
          onChange={event => {
            const typed = volumeOfText(event.currentTarget.value)
            if (typed !== null) choose({ tokensPerMonth: typed })
            else event.currentTarget.value = volumeLabel(here).replace('/month', '')
          }}
        />
        <span class="quiet">tokens a month</span>
        {moved && (
          <button type="button" class="quiet-button" onClick={() => choose({ tokensPerMonth: undefined })}>
            Back to {volumeLabel(today)} measured
          </button>
        )}
        <fieldset class="scales" aria-label="Cost axis">
          {(['log', 'linear'] as const).map(scale => (
            <button
              type="button"
              key={scale}
              class="quiet-button"
              aria-pressed={page.value.yScale === scale}
              onClick={() => go({ ...page.value, yScale: scale })}
            >
              {scale}
            </button>
          ))}
        </fieldset>
      </div>
    </div>
  )
}
