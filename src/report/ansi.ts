// Text and a wish for colour in; text with or without terminal escapes out, and the width that a terminal gives it.
import { fitted } from '../charts/labels.ts'

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

// Two columns: what East Asian Width calls wide, and emoji. None: marks that stand on the letter before, and joiners.
const wide =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]/u
const narrow = /^[\x20-\x7e]*$/
const unseen = /[\p{Mn}\p{Me}\p{Cf}]/u

const widthOf = (character: string): number => (unseen.test(character) ? 0 : wide.test(character) ? 2 : 1)

/** Columns that `text` takes on a terminal: escapes take none, a Chinese letter two. */
export function shownWidth(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: an escape sequence begins with one
  const bare = text.replace(/\u001b\[[0-9;]*m/g, '')
  if (narrow.test(bare)) return bare.length
  let width = 0
  for (const character of bare) width += widthOf(character)
  return width
}

/** `text` cut to `width` columns of a terminal with an ellipsis in the middle. */
export function shortened(text: string, width: number): string {
  if (shownWidth(text) <= width) return text
  const all = [...text]
  if (all.every(character => widthOf(character) === 1)) return fitted(text, width)
  const room = Math.max(0, width - 1)
  const tailRoom = Math.floor(room / 3)
  const head = upTo(all, room - tailRoom)
  const tail = upTo(all.reverse(), tailRoom).reverse()
  return `${head.join('')}…${tail.join('')}`
}

/** The first characters that have room in `width` columns. */
function upTo(characters: readonly string[], width: number): string[] {
  let used = 0
  const end = characters.findIndex(character => {
    used += widthOf(character)
    return used > width
  })
  return characters.slice(0, end < 0 ? characters.length : end)
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
  if (shownWidth(word) <= width) return [word]
  const parts: string[] = []
  for (let rest = [...word]; rest.length > 0; ) {
    const part = upTo(rest, Math.max(2, width))
    parts.push(part.join(''))
    rest = rest.slice(Math.max(1, part.length))
  }
  return parts
}
