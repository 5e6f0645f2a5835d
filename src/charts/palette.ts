// A role in a picture in; its colour for light, for dark, or as a CSS custom property with the light colour behind it.

/** `auto` follows the page's custom properties; `light` and `dark` are plain colours, for files that no page styles. */
export type Theme = 'light' | 'dark' | 'auto'

/** Roles and their colours. Series colours are Okabe & Ito's set, darkened or lightened to 3:1 against the paper. */
const roles = {
  paper: ['#ffffff', '#16181b'],
  ink: ['#1b1d21', '#e9eaec'],
  quiet: ['#5a6069', '#a3a9b2'],
  faint: ['#e4e6ea', '#2b2f35'],
  rule: ['#c9cdd3', '#454b54'],
  here: ['#1b1d21', '#e9eaec'],
  blue: ['#0072b2', '#56b4e9'],
  vermillion: ['#c84f00', '#ff8a4c'],
  green: ['#00805e', '#2fc497'],
  purple: ['#a8528a', '#dc94bf'],
  amber: ['#9a6a00', '#e6b422'],
  sky: ['#2b7fae', '#8ecbf0'],
  grey: ['#7b828c', '#8b929c'],
  notice: ['#8a4b00', '#f0b35a'],
} as const satisfies Record<string, readonly [string, string]>

export type Role = keyof typeof roles

/** The paint of a role: a hex colour, or `var(--cl-role, #light)` under `auto`. */
export function paint(theme: Theme, role: Role): string {
  const [light, dark] = roles[role]
  if (theme === 'light') return light
  if (theme === 'dark') return dark
  return `var(--cl-${role}, ${light})`
}

/** The custom properties of one theme, as CSS declarations: what the page's sheet sets on `:root`. */
export function paletteCss(theme: 'light' | 'dark'): string {
  return (Object.keys(roles) as Role[]).map(role => `--cl-${role}:${paint(theme, role)}`).join(';')
}

export type MarkShape = 'circle' | 'square' | 'triangle' | 'diamond' | 'cross'

/** How one option is told from the others: by colour, by dash, by the shape of its mark and by a letter. */
export interface SeriesStyle {
  readonly letter: string
  readonly role: Role
  readonly dash: string | null
  readonly width: number
  readonly shape: MarkShape
  /** Options of other weights stand back. */
  readonly quiet: boolean
}

const apiRoles: readonly Role[] = ['blue', 'green', 'sky']
const ownRoles: readonly Role[] = ['vermillion', 'purple', 'amber']
const apiShapes: readonly MarkShape[] = ['circle', 'diamond', 'cross']
const ownShapes: readonly MarkShape[] = ['square', 'triangle', 'diamond']
const primaryDashes = [null, '9 3', '3 3'] as const
const quietDashes = ['2 4', '7 4', '12 3 2 3', '4 2', '1 3'] as const

/** Styles for options in the order given: own kinds warm, APIs cool; other weights grey, thin and dashed. */
export function seriesStyles(
  options: readonly { readonly name: string; readonly kind: string; readonly primary: boolean }[],
): Map<string, SeriesStyle> {
  const styles = new Map<string, SeriesStyle>()
  let apis = 0
  let owns = 0
  let endpoints = 0
  let others = 0
  options.forEach((option, index) => {
    const letter = letterOf(index)
    if (!option.primary) {
      const dash = quietDashes[others % quietDashes.length] ?? '2 4'
      const shape = option.kind === 'api' ? 'circle' : 'square'
      styles.set(option.name, { letter, role: 'grey', dash, width: 1.25, shape, quiet: true })
      others++
      return
    }
    const own = option.kind !== 'api'
    const turn = option.kind === 'dedicated' ? endpoints++ : own ? owns++ : apis++
    // Nine pairs of colour and dash per kind before one comes again; endpoints share those of own GPUs from another one on.
    const second = ((turn % 3) + Math.floor(turn / 3)) % 3
    const colour = option.kind === 'dedicated' ? turn + 2 : turn
    styles.set(option.name, {
      letter,
      role: (own ? ownRoles : apiRoles)[colour % 3] ?? 'blue',
      dash: primaryDashes[second] ?? null,
      width: turn === 0 ? 2.25 : 1.75,
      shape: (own ? ownShapes : apiShapes)[second] ?? 'circle',
      quiet: false,
    })
  })
  return styles
}

/** A … Z, then AA, AB: the short name that a line and its table row share. */
export function letterOf(index: number): string {
  const first = Math.floor(index / 26)
  return (first > 0 ? letterOf(first - 1) : '') + String.fromCharCode(65 + (index % 26))
}
