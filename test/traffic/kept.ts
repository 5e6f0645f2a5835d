// Figures of a torture in; printed, and kept as a section of bench/RESULTS.md when the whole of it was run, out.
import { keepSection } from '../../bench/results.ts'

/** Prints the lines; under `npm run torture` they are kept. */
export function keepTorture(title: string, lines: readonly string[]): void {
  process.stdout.write(`\n${title}:\n${lines.map(line => `  ${line}\n`).join('')}`)
  if (process.env.CROSSLINE_TORTURE) keepSection(title, 'npm run torture', lines.map(line => `- ${line}\n`).join(''))
}
