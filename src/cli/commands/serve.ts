// `serve`: a data folder → API and page on this machine, the answer and the address on the terminal, until it is stopped.
import { Fault } from '../../core/fault/fault.ts'
import type { ChoicesParams } from '../../server/parameters.ts'
import type { Server } from '../../server/serve.ts'
import type { Workplace } from '../../server/workplace.ts'
import type { CommandFrame, CommandModule } from '../command.ts'
import { numberFlag } from '../flags.ts'
import { errorLine, terminalColumns } from '../output.ts'

interface Flags {
  readonly host?: string
  readonly port?: number
}

export const serve: CommandModule = {
  name: 'serve',
  register(program, frame) {
    program
      .command('serve')
      .summary('API and dashboard on this machine')
      .description('Serves the page and its API over the embedded ledger, and prints the answer. Ctrl-C ends it.')
      .option('--host <host>', 'address to listen on (default: 127.0.0.1; beyond loopback needs keys)')
      .option('--port <port>', 'port (default: 4141; 0 = any free one)', numberFlag('--port', { min: 0, whole: true }))
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
  const { checkHost, serve: listen } = await import('../../server/serve.ts')
  checkHost(host)
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
  const { openWorkplace } = await import('../../server/workplace.ts')
  const { operations } = await import('../../server/operations.ts')
  const { version } = await import('../version.ts')
  const workplace = openWorkplace({
    dataDir: data,
    configFile: frame.globals().config,
    priceFiles: settings.prices ?? [],
    isServed: true,
  })
  let isStopping = false
  const stopped = new Promise<void>(done => {
    const stop = () => {
      isStopping = true
      done()
    }
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop)
  })
  // A server that could not answer its first question still serves the others, and ends as it is told to: no failure.
  const say = (thrown: unknown) => {
    if (!isStopping) output.note(errorLine(thrown, false))
  }
  try {
    // The page is up before the answer is known: the first answer may take a while, the page says so meanwhile.
    const server = await listen({
      workplace,
      operations,
      version,
      host,
      port,
      lock,
      gateway: settings.gateway,
      say: text => output.note(`crossline: ${text}`),
    })
    output.note(`crossline: ${server.url} (data in ${data}; Ctrl-C ends)`)
    const ready = prepare(frame, workplace, server, say).catch(say)
    await stopped
    output.note('crossline: stopping…')
    await Promise.race([ready, new Promise(done => setTimeout(done, 2000).unref())])
    await server.stop()
  } catch (thrown) {
    await workplace.close()
    lock.release()
    throw thrown
  }
}

/** Opens the ledger, puts the sample in when it is empty, and prints the answer; `say` hears why there is none. */
async function prepare(
  frame: CommandFrame,
  workplace: Workplace,
  server: Server,
  say: (thrown: unknown) => void,
): Promise<void> {
  const { output } = frame
  const { url } = server
  const { ensureSample } = await import('../../server/sample.ts')
  const { takeWaiting } = await import('../../server/spool-writer.ts')
  const { answerOf } = await import('../../server/answers.ts')
  const { color, seed } = frame.globals()
  output.progress('opening the ledger…')
  // What the server before this one left in the spool is counted by the first answer, and no sample is put beside it.
  const sample = await takeWaiting(workplace, text => output.note(`crossline: ${text}`))
    .then(() => workplace.exclusively(() => ensureSample(workplace)))
    // Open or broken: requests are answered from now on, if only with what is wrong.
    .finally(() => server.ready())
  const calls = (await (await workplace.ledger()).sources()).reduce((sum, source) => sum + source.calls, 0)
  output.progress(null)
  if (calls === 0) {
    output.result(
      { url, data: workplace.dataDir, sample: false, answer: null },
      () => `No calls yet. crossline import FILE\n${url}`,
    )
    return
  }
  try {
    const io = { file: null, progress: (text: string) => output.progress(text), note: output.note }
    const answer = await answerOf(workplace, { ...(frame.settings().crossover as ChoicesParams | undefined), seed }, io)
    const [{ answerText }, { answerCommand }] = await Promise.all([
      import('../../report/text.ts'),
      import('../again.ts'),
    ])
    const command = answerCommand(frame.words, answer)
    const text = () => `${answerText(answer, { columns: terminalColumns(), color, command })}\n\n${url}`
    output.result({ url, data: workplace.dataDir, sample, answer }, text)
  } catch (thrown) {
    // The page can still be asked something else: another model, another period.
    say(thrown)
    output.result({ url, data: workplace.dataDir, sample, answer: null }, () => url)
  }
}
