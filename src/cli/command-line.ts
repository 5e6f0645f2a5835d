// commander's program and its complaints → ours: the same globals everywhere, one-line errors with the nearest name.
import { Command, type CommanderError, Option } from 'commander'
import { Fault, nearestName } from '../core/fault/fault.ts'

/** Exit statuses as each `--help` shows them. */
export const exitStatusHelp = `
Exit status:
  0  done
  1  the answer is "no": a budget, gate or check failed
  2  the input or the command line is wrong
  3  a needed outside service failed`

/** The bare program: global options, help with exit statuses, and errors thrown instead of printed. */
export function newProgram(version: string): Command {
  return new Command('crossline')
    .description(
      'Frontier API, hosted open model, or your own GPUs: the answer from your own traffic, with the crossing.',
    )
    .version(version, '--version', 'print the version')
    .addOption(new Option('--json', 'one JSON document on stdout; progress and logs on stderr'))
    .addOption(new Option('--data <dir>', 'data folder (default: .crossline)'))
    .addOption(new Option('--config <file>', 'settings (default: crossline.yaml, when it is there)'))
    .addOption(new Option('--seed <n>', 'seed of every draw (default: 1)').argParser(seedOf))
    .addOption(new Option('--no-color', 'plain text; NO_COLOR and TERM=dumb do the same'))
    .addOption(new Option('--debug', 'print the stack of an error'))
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help of a command')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
    .addHelpText('afterAll', exitStatusHelp)
}

function seedOf(text: string): number {
  const seed = Number(text)
  if (/^\d+$/.test(text) && Number.isSafeInteger(seed)) return seed
  throw new Fault('BAD_SEED', `"${text}" is not a seed`, { where: '--seed', fix: 'give a whole number from 0' })
}

/** A commander error as a Fault, or null when it only stopped after printing help or the version. */
export function faultOfCommander(thrown: CommanderError, program: Command, argv: readonly string[]): Fault | null {
  if (thrown.exitCode === 0) return null
  const command = commandOf(program, argv)
  const where = pathOf(command)
  if (thrown.code === 'commander.help') return unhelped(program, argv)
  const help = `see ${where} --help`
  const message = thrown.message.replace(/^error: /, '').replace(/\.$/, '')
  if (thrown.code === 'commander.unknownOption') {
    const asked = /'([^']*)'/.exec(message)?.[1] ?? ''
    const near = nearestName(asked.replace(/=.*/, ''), optionNames(command))
    return new Fault('UNKNOWN_OPTION', `unknown option ${asked}`, {
      where,
      fix: near === null ? help : `did you mean ${near}?`,
    })
  }
  if (thrown.code === 'commander.unknownCommand') {
    return unknownCommand(command, /'([^']*)'/.exec(message)?.[1] ?? '')
  }
  return new Fault('COMMAND_LINE', message, { where, fix: help })
}

/** Of a group without a word after it, and of `help` for what is none, commander shows the help as an error: nobody would see it. */
function unhelped(program: Command, argv: readonly string[]): Fault {
  const command = commandOf(program, argv)
  const group = command.commands.length > 0 ? command : program
  const words = argv.filter(word => !word.startsWith('-'))
  if (words.includes('help')) return unknownCommand(group, words[words.length - 1]!)
  const names = namesOf(group).filter(name => name !== 'help')
  return new Fault('COMMAND_MISSING', 'no command was given', {
    where: pathOf(group),
    fix: `use one of ${names.join(', ')}`,
  })
}

function unknownCommand(command: Command, asked: string): Fault {
  const near = nearestName(asked, namesOf(command))
  const path = pathOf(command)
  return new Fault('UNKNOWN_COMMAND', `unknown command ${asked}`, {
    where: path,
    fix: near === null ? `see ${path} --help` : `did you mean ${path} ${near}?`,
  })
}

const namesOf = (command: Command): string[] => command.commands.map(child => child.name())

/** The command that the words before the error lead to. */
function commandOf(program: Command, argv: readonly string[]): Command {
  let command = program
  for (const word of argv) {
    const child = command.commands.find(each => each.name() === word || each.aliases().includes(word))
    if (child !== undefined) command = child
  }
  return command
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}

function optionNames(command: Command | null): string[] {
  if (command === null) return ['--help']
  return [...command.options.flatMap(option => option.long ?? []), ...optionNames(command.parent)]
}
