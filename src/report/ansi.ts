// Text and a wish for colour in; text with or without terminal escapes out, and the width that a terminal gives it.

export interface Ink {
  bold(text: string): string
  dim(text: string): string
  /** One of the eight colours that every terminal has, by series number; the letter and the mark say the same. */
  series(index: number, text: string): string
  notice(text: string): string
}

/** Stands above everything that is computed from the bundled sample. */
export const sampleLine = 'SAMPLE DATA: this is the bundled sample, not your traffic.'

const seriesCodes = ['34', '31', '32', '35', '36', '33']

/** Escapes when `color`, the bare text otherwise. */
export function ink(color: boolean): Ink {
  const wrap = (code: string, text: string) => (color && text !== '' ? `\u001b[${code}m${text}\u001b[0m` : text)
  return {
    bold: text => wrap('1', text),
    dim: text => wrap('2', text),
    series: (index, text) => wrap(seriesCodes[index % seriesCodes.length] ?? '0', text),
    notice: text => wrap('33', text),
  }
}

/** Characters that `text` takes on a terminal: escapes take none. */
export function shownWidth(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  return [...text.replace(/\u001b\[[0-9;]*m/g, '')].length
}

/** `text` filled up with blanks to `width`, on the left when `right` is wished. */
export function padded(text: string, width: number, side: 'left' | 'right' = 'left'): string {
  const blanks = ' '.repeat(Math.max(0, width - shownWidth(text)))
  return side === 'left' ? text + blanks : blanks + text
}

/** Words in lines of at most `columns`, each line begun with `indent`, later ones with `hanging`. A long word is cut; a number keeps its %. */
export function paragraph(text: string, columns: number, indent = '', hanging = indent): string[] {
  const lines: string[] = []
  let line = indent
  let empty = true
  for (const long of text
    .replace(/(\d) %/g, '$1\u00a0%')
    .split(/[^\S\u00a0]+/)
    .filter(Boolean)) {
    for (const word of pieces(long.replace('\u00a0', ' '), columns - hanging.length)) {
      const gap = empty ? '' : ' '
      if (!empty && shownWidth(line) + 1 + shownWidth(word) > columns) {
        lines.push(line)
        line = hanging + word
      } else line += gap + word
      empty = false
    }
  }
  if (!empty) lines.push(line)
  return lines
}

function pieces(word: string, width: number): string[] {
  const all = [...word]
  const parts: string[] = []
  for (let i = 0; i < all.length; i += Math.max(1, width)) parts.push(all.slice(i, i + Math.max(1, width)).join(''))
  return parts
}
