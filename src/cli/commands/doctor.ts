// `doctor`: the places where things go wrong, each looked at → what is found there and what to do about it.
import { ink, paragraph } from '../../report/ansi.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import type { Finding } from '../doctor/check.ts'
import { terminalColumns } from '../output.ts'

export const doctor: CommandModule = {
  name: 'doctor',
  register(program, frame) {
    program
      .command('doctor')
      .summary('looks for what is wrong, and says what to do')
      .description('Looks at data folder, server, ledger, prices and gateway. Status 1 when something does not work.')
      .option('--online', 'also ask each upstream whether it is there (nothing that costs, no key)')
      .addHelpText('after', '\nExamples:\n  crossline doctor\n  crossline doctor --online --json')
      .action((flags: { readonly online?: boolean }) => run(frame, flags.online === true))
  },
}

async function run(frame: CommandFrame, isOnline: boolean): Promise<void> {
  const { checks } = await import('../doctor/checks.ts')
  const found: (Finding & { readonly name: string })[] = []
  for (const { name, look, isOnline: leaves = false } of checks) {
    if (leaves && !isOnline) continue
    try {
      for (const finding of await look(frame)) found.push({ name, ...finding })
    } catch (thrown) {
      // One place that cannot be looked at does not hide the others.
      const text = thrown instanceof Error ? thrown.message : String(thrown)
      found.push({ name, state: 'fail', text, fix: 'see crossline doctor --debug' })
    }
  }
  const worst = found.some(({ state }) => state === 'fail')
  frame.output.result({ ok: !worst, findings: found }, () => textOf(found, frame.globals().color))
  if (worst) frame.output.status(1)
}

function textOf(found: readonly (Finding & { readonly name: string })[], color: boolean): string {
  const { bold, notice, dim } = ink(color)
  const marks = { ok: 'ok  ', warn: notice('warn'), fail: bold(notice('FAIL')) }
  const columns = terminalColumns()
  const hanging = ' '.repeat(indent)
  return found
    .map(({ name, state, text, fix }, i) => {
      const label = found[i - 1]?.name === name ? '' : name
      const [first = '', ...rest] = paragraph(text, columns, hanging)
      const mending = fix === null ? [] : paragraph(`→ ${fix}`, columns, hanging).map(dim)
      return [`${marks[state]}  ${label.padEnd(indent - 6)}${first.slice(indent)}`, ...rest, ...mending].join('\n')
    })
    .join('\n')
}

const indent = 19
