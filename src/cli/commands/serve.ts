// `serve`: a data folder → API and page on this machine, the answer and the address on the terminal, until it is stopped.
import { Option } from 'commander'
import { Fault } from '../../core/fault/fault.ts'
import type { Server, SupervisorOptions } from '../../processes/supervisor.ts'
import { type LogFormat, logFormats, type Say } from '../../server/log.ts'
import type { ChoicesParams } from '../../server/parameters.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { numberFlag } from '../flags.ts'
import { errorLine, terminalColumns } from '../output.ts'

interface Flags {
  readonly host?: string
  readonly port?: number
  readonly log?: LogFormat
}

export const serve: CommandModule = {
  name: 'serve',
  register(program, frame) {
    program
      .command('serve')
      .summary('gateway, API and dashboard on this machine')
      .description(
        'Serves the gateway, the page and its API over the embedded ledger, and prints the answer. Ctrl-C lets calls finish and ends it; a second one does not wait.',
      )
      .option('--host <host>', 'address to listen on (default: 127.0.0.1; beyond loopback keys must be required)')
      .option('--port <port>', 'port (default: 4141; 0 = any free one)', numberFlag('--port', { min: 0, whole: true }))
      .addOption(new Option('--log <format>', 'what goes wrong, on stderr (default: text)').choices([...logFormats]))
      .addHelpText('after', '\nExamples:\n  crossline serve\n  crossline serve --port 8080 --data ./team-a')
      .action((flags: Flags) => run(frame, flags))
  },
}

async function run(frame: CommandFrame, flags: Flags): Promise<void> {
  const { output } = frame
  const { data } = frame.globals()
  const settings = frame.settings()
  const host = flags.host ?? settings.serve?.host ?? '127.0.0.1'
  const port = flags.port ?? settings.serve?.port ?? 4141
  if (port > 65_535)
    throw new Fault('BAD_PORT', `there is no port ${port}`, { where: '--port', fix: 'give one to 65535' })
  const [{ supervise }, { checkHost }] = await Promise.all([
    import('../../processes/supervisor.ts'),
    import('../../server/reach.ts'),
  ])
  checkHost(host, settings.gateway ?? {}, data)
  const { describe, isLock, takeLock } = await import('../../server/lock.ts')
  const lock = await takeLock(data, {
    command: 'serve',
    onWait: holder => output.note(`waiting for the ledger, held by ${describe(holder)}…`),
  })
  if (!isLock(lock)) {
    throw new Fault('ALREADY_SERVED', `this data folder is served at ${lock.url} already (pid ${lock.pid})`, {
      where: data,
      fix: 'open that address, or serve another folder with --data',
      kind: 'outside',
    })
  }
  const { logLine } = await import('../../server/log.ts')
  const log = flags.log ?? settings.serve?.log ?? 'text'
  // Who read the answer may leave (`| head`), which ends other commands: here it ends no calls.
  process.stdout.removeAllListeners('error').on('error', () => {})
  const hear: SupervisorOptions['say'] = said => output.note(logLine(log, said, Date.now()))
  const say: Say = (text, level) => hear({ text, level, by: 'supervisor' })
  const { version } = await import('../version.ts')
  let server: Server
  try {
    server = await supervise({
      dataDir: data,
      configFile: frame.globals().config,
      priceFiles: settings.prices ?? [],
      version,
      host,
      port,
      lock,
      gateway: settings.gateway,
      scraped: settings.utilization,
      zone: settings.zone,
      say: hear,
    })
  } catch (thrown) {
    lock.release()
    throw thrown
  }
  const stopping = new AbortController()
  const stopped = new Promise<void>(done => {
    const stop = () => {
      // Who says it twice does not want to wait.
      if (stopping.signal.aborted) server.cut()
      stopping.abort()
      done()
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
  })
  say(`${server.url} (data in ${data}; Ctrl-C ends)`, 'info')
  // The page is up before the answer is known: the first answer may take a while, the page says so meanwhile. A server that
  // could not answer its first question still serves the others, and ends as it is told to: no failure.
  void sayAnswer(frame, server, stopping.signal).catch(thrown => {
    if (!stopping.signal.aborted) say(errorLine(thrown, false).replace(/^error: /, ''), 'warn')
  })
  await stopped
  output.progress(null)
  say('stopping…', 'info')
  await server.stop()
}

/** Prints the answer once the ledger is open. */
async function sayAnswer(frame: CommandFrame, { url, opened: opening }: Server, signal: AbortSignal): Promise<void> {
  const { output } = frame
  const { color, seed, data } = frame.globals()
  output.progress('opening the ledger…')
  const opened = await opening
  output.progress(null)
  if (opened === null) return output.result({ url, data, sample: false, answer: null }, () => url)
  const { sample, calls } = opened
  if (calls === 0) {
    const none = { url, data, sample: false, answer: null }
    return output.result(none, () => `No calls yet. crossline import FILE\n${url}`)
  }
  try {
    const [{ runRemotely }, { crossover }] = await Promise.all([
      import('../../server/client.ts'),
      import('../../server/operations.ts'),
    ])
    const io = { file: null, progress: (text: string) => output.progress(text), note: output.note }
    const params = { ...(frame.settings().crossover as ChoicesParams | undefined), seed }
    const answer = await runRemotely(url, crossover, params, io, signal).finally(() => output.progress(null))
    const [{ answerText }, { answerCommand }] = await Promise.all([
      import('../../report/text.ts'),
      import('../again.ts'),
    ])
    const command = answerCommand(frame.words, answer)
    const text = () => `${answerText(answer, { columns: terminalColumns(), color, command })}\n\n${url}`
    output.result({ url, data, sample, answer }, text)
  } catch (thrown) {
    // The page can still be asked something else: another model, another period.
    output.result({ url, data, sample, answer: null }, () => url)
    throw thrown
  }
}
