import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { paint, paletteCss, type Role, seriesStyles } from './palette.ts'

/** Relative luminance and contrast by WCAG 2.2, written from its text. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, blue] = [1, 3, 5].map(i => {
      const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * blue!
  }
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (light! + 0.05) / (dark! + 0.05)
}

test.each(['light', 'dark'] as const)('text has 4.5:1 and lines 3:1 against the paper (WCAG AA), %s', theme => {
  const paper = paint(theme, 'paper')
  for (const role of ['ink', 'quiet', 'notice', 'here'] as Role[]) {
    expect(contrast(paint(theme, role), paper), role).toBeGreaterThanOrEqual(4.5)
  }
  for (const role of ['blue', 'vermillion', 'green', 'purple', 'amber', 'sky', 'grey'] as Role[]) {
    expect(contrast(paint(theme, role), paper), role).toBeGreaterThanOrEqual(3)
  }
})

test('the page’s sheet sets the same colours as the charts fall back on', () => {
  const sheet = readFileSync(new URL('../web/theme.css', import.meta.url), 'utf8')
  expect(sheet).toContain(paletteCss('light'))
  expect(sheet.split(paletteCss('dark')).length - 1).toBe(2)
})

test('no two options of the same weights share colour and dash, nor colour and mark', () => {
  const options = ['api', 'api', 'api', 'self-host', 'self-host', 'self-host'].map((kind, i) => ({
    name: `${i}`,
    kind,
    primary: true,
  }))
  const styles = [...seriesStyles(options).values()]
  expect(new Set(styles.map(({ role, dash }) => `${role}${dash}`)).size).toBe(6)
  expect(new Set(styles.map(({ role, shape }) => `${role}${shape}`)).size).toBe(6)
  expect(new Set(styles.map(({ letter }) => letter)).size).toBe(6)
})
