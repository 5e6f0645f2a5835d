// An answer in; a picture that travels alone out: one SVG file with verdict, date, assumptions and source in it.
import { render } from 'preact-render-to-string'
import { CrossoverChart, type CrossoverChartProps } from '../charts/crossover.tsx'
import type { Answer } from '../core/decide/answer.ts'

export interface PictureOptions {
  /** CSS pixels; the default is 1200 by 675. */
  readonly width?: number
  readonly height?: number
  readonly theme?: 'light' | 'dark'
  readonly yScale?: CrossoverChartProps['yScale']
  readonly shown?: readonly string[]
}

export const defaultPicture = { width: 1200, height: 675, theme: 'light' } as const

/** The crossover chart as a standalone SVG document: plain colours, no style sheet, no address of anything. */
export function answerSvg(answer: Answer, options: PictureOptions = {}): string {
  const chart = <CrossoverChart answer={answer} {...defaultPicture} {...options} furniture id="crossline" />
  return `<?xml version="1.0" encoding="UTF-8"?>\n${render(chart)}\n`
}
