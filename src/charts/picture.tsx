// A picture's size, title and description, and what is drawn, in; an SVG element that a screen reader can tell, out.
import type { ComponentChildren, JSX } from 'preact'
import { fontFamily } from './text.tsx'

export interface PictureProps {
  readonly width: number
  readonly height: number
  /** Its class; ids are made of `id`, so that two pictures may stand in one document. */
  readonly name: string
  readonly id: string
  readonly title: string
  readonly description: string
  readonly children: ComponentChildren
}

export function Picture({ width, height, name, id, title, description, children }: PictureProps): JSX.Element {
  return (
    <svg
      xmlns="http://www.w3.org/2000/svg"
      width={width}
      height={height}
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-labelledby={`${id}-title ${id}-desc`}
      font-family={fontFamily}
      class={name}
    >
      <title id={`${id}-title`}>{title}</title>
      <desc id={`${id}-desc`}>{description}</desc>
      {children}
    </svg>
  )
}
