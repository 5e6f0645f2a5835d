// What was asked in, as the words of a command or as an answer; the line that a shell takes to ask it again, out.

/** The same command once more. */
export const sameCommand = (words: readonly string[]): string => `crossline ${words.map(quoted).join(' ')}`

/** The command that prints the answer of a server started with `words`: of the same data and settings. */
export function answerCommand(words: readonly string[], { at, seed }: { at: string; seed: number }): string {
  const places = ['--data', '--config'].flatMap(flag => {
    const value = stated(words, flag)
    return value === null ? [] : [flag, value]
  })
  return sameCommand(['crossover', ...places, '--at', at, '--seed', String(seed)])
}

/** The value given with a flag, the last one when it is repeated; null = it was not given. */
function stated(words: readonly string[], flag: string): string | null {
  let value: string | null = null
  for (const [i, word] of words.entries()) {
    if (word === flag) value = words[i + 1] ?? value
    else if (word.startsWith(`${flag}=`)) value = word.slice(flag.length + 1)
  }
  return value
}

/** A word as a shell would read it back. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
