// Words of the command line → one command run, its output printed, its exit status set.
import { type Command, CommanderError } from 'commander'
import type { CommandModule, GlobalOptions } from './command.ts'
import { faultOfCommander, newProgram } from './command-line.ts'
import { backtestCommand } from './commands/backtest.ts'
import { budgets } from './commands/budgets.ts'
import { calibrate } from './commands/calibrate.ts'
import { capacity } from './commands/capacity.ts'
import { crossover } from './commands/crossover.ts'
import { doctor } from './commands/doctor.ts'
import { fingerprint } from './commands/fingerprint.ts'
import { importCommand } from './commands/import.ts'
import { keys } from './commands/keys.ts'
import { meter } from './commands/meter.ts'
import { models } from './commands/models.ts'
import { predict } from './commands/predict.ts'
import { price } from './commands/price.ts'
import { prices } from './commands/prices.ts'
import { reconcile } from './commands/reconcile.ts'
import { report } from './commands/report.ts'
import { reprice } from './commands/reprice.ts'
import { savings } from './commands/savings.ts'
import { serve } from './commands/serve.ts'
import { simulate } from './commands/simulate.ts'
import { tasks } from './commands/tasks.ts'
import { utilization } from './commands/utilization.ts'
import { terminal } from './output.ts'
import { readSettings, type Settings } from './settings.ts'
import { version } from './version.ts'

const commands: readonly CommandModule[] = [
  serve,
  importCommand,
  report,
  reprice,
  crossover,
  simulate,
  predict,
  capacity,
  calibrate,
  savings,
  reconcile,
  utilization,
  backtestCommand,
  tasks,
  meter,
  fingerprint,
  price,
  prices,
  models,
  doctor,
  keys,
  budgets,
]

/** Runs the command line; resolves when the command is done, with `process.exitCode` set. */
export async function main(argv: readonly string[]): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on('error', thrown => {
    if ((thrown as NodeJS.ErrnoException).code === 'EPIPE') process.exit()
    throw thrown
  })
  // Nor is one that has left what is said beside the results: the work goes on.
  process.stderr.on('error', () => {})
  const program = newProgram(version)
  let settings: Settings = {}
  const globals = () => globalsOf(program, settings)
  // Errors of parsing come before options are known, so those that shape an error are read from the words themselves.
  const output = terminal(() => ({ ...globals(), json: argv.includes('--json'), debug: argv.includes('--debug') }))
  for (const command of commands) command.register(program, { globals, settings: () => settings, output, words: argv })
  program.hook('preAction', async () => {
    const { config } = program.opts<RawOptions>()
    settings = await readSettings(config ?? 'crossline.yaml', config !== undefined)
  })
  try {
    if (argv.length === 0) program.outputHelp()
    else await program.parseAsync([...argv], { from: 'user' })
  } catch (thrown) {
    const fault = thrown instanceof CommanderError ? faultOfCommander(thrown, program, argv) : thrown
    if (fault !== null) output.fail(fault)
  }
  process.exitCode = output.exitStatus()
}

interface RawOptions {
  readonly json?: boolean
  readonly data?: string
  readonly config?: string
  readonly seed?: number
  readonly color: boolean
  readonly debug?: boolean
}

/** Flags, then settings, then defaults. */
function globalsOf(program: Command, settings: Settings): GlobalOptions {
  const raw = program.opts<RawOptions>()
  const config = raw.config ?? 'crossline.yaml'
  return {
    json: raw.json === true,
    data: raw.data ?? settings.data ?? '.crossline',
    config,
    seed: raw.seed ?? settings.seed ?? 1,
    color: raw.color && !process.env.NO_COLOR && process.env.TERM !== 'dumb' && process.stdout.isTTY === true,
    debug: raw.debug === true,
  }
}
