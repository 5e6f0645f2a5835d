// A file of code in; a process that runs it, started again whenever it dies or leaves until it is told to stop, out.
import { type ChildProcess, fork } from 'node:child_process'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Say } from '../server/log.ts'

export interface ChildOptions<To, From> {
  /** What a person calls it. */
  readonly name: string
  readonly path: string
  /** Said to each new process first. */
  readonly start: () => To
  /** `answer` tells the process that said it, which may have been replaced since. */
  readonly hear: (message: From, answer: (message: To) => void) => void
  /** Said now and then; a process that is well says something soon after. */
  readonly ping: To
  /** How often. */
  readonly pingMs?: number | undefined
  /** It has died, and will be started again unless it was told to stop. */
  readonly ended: () => void
  readonly say: Say
}

export interface Child<To> {
  /** False when there is no process to hear it. */
  send(message: To, socket?: Socket): boolean
  /** Starts another in the place of one that leaves by itself, and is spoken to no more. */
  replace(): void
  /** Says its last word, to one that leaves too, and kills what is still there after `graceMs`. */
  stop(word: To, graceMs: number): Promise<void>
}

/** A process that lived so long did not die of how it was started. */
const longLifeMs = 5000
/** A process that is busy answers late; one that says nothing for six pings hangs, and nobody else would end it. */
const mostUnanswered = 6
const longestPauseMs = 5000
const unheardMs = 100

export function keepRunning<To extends object, From>(options: ChildOptions<To, From>): Child<To> {
  const { name, path, start, hear, ping, pingMs = 10_000, ended, say } = options
  let current: ChildProcess | null = null
  const living = new Set<ChildProcess>()
  let isStopping = false
  let shortLives = 0
  const tell = (child: ChildProcess | null, message: To, socket?: Socket): boolean => {
    if (child === null || !child.connected) return false
    // What cannot be sent is known by the end of the process, which follows. A socket stays open here until it was taken: that
    // of a process that dies first would be neither closed nor anybody's.
    child.send(message, socket, { keepOpen: true }, () => {})
    return true
  }
  const run = (): void => {
    const born = performance.now()
    // Results are alone on stdout: whatever a child prints is for the person.
    const child = fork(path, { stdio: ['ignore', 2, 2, 'ipc'] })
    current = child
    living.add(child)
    let unanswered = 0
    const pinging = setInterval(() => {
      if (++unanswered <= mostUnanswered) return void tell(child, ping)
      say(`the ${name} hangs`, 'error')
      child.kill('SIGKILL')
    }, pingMs).unref()
    child.on('message', message => {
      unanswered = 0
      hear(message as From, answer => tell(child, answer))
    })
    child.on('error', thrown => {
      say(`${name}: ${thrown.message}`, 'error')
      // What never began has no end that is told: no file could be opened for it, or the code is away for now.
      if (child.pid === undefined) void gone('it could not be started')
    })
    // All that it said is heard before it counts as gone; who dies within a word never gets to its end.
    const silent = new Promise<void>(done => child.once('disconnect', () => done()))
    child.once('exit', (code, signal) => void gone(signal ?? `status ${code}`))
    const gone = async (how: string): Promise<void> => {
      living.delete(child)
      clearInterval(pinging)
      if (child !== current) return
      current = null
      await Promise.race([silent, sleep(unheardMs)])
      ended()
      if (isStopping) return
      shortLives = performance.now() - born < longLifeMs ? shortLives + 1 : 0
      const pauseMs = shortLives === 0 ? 0 : Math.min(longestPauseMs, 50 * 2 ** (shortLives - 1))
      say(`the ${name} ended (${how}) and is started again`, 'error')
      await sleep(pauseMs, undefined, { ref: false })
      if (!isStopping) run()
    }
    tell(child, start())
  }
  run()
  return {
    send: (message, socket) => tell(current, message, socket),
    replace() {
      if (!isStopping) run()
    },
    async stop(word, graceMs) {
      isStopping = true
      const ends = Array.from(living, async child => {
        const gone = new Promise<void>(done => child.once('exit', () => done()))
        tell(child, word)
        const late = setTimeout(() => child.kill('SIGKILL'), graceMs)
        await gone
        clearTimeout(late)
      })
      await Promise.all(ends)
    },
  }
}
