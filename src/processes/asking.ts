// Questions that other processes answer in their own time, in; their answers, as far as they come soon enough, out.
import { setTimeout as sleep } from 'node:timers/promises'

export interface Asking<Answer> {
  /** Puts one question to each of these; resolves with the answers that came, in the order in which they came. */
  ask(those: readonly ((id: number) => boolean)[]): Promise<readonly Answer[]>
  heard(id: number, answer: Answer): void
}

/** A process that does not answer within `patienceMs` is left out. */
export function startAsking<Answer>(patienceMs: number): Asking<Answer> {
  const waiting = new Map<
    number,
    { readonly answers: Answer[]; readonly expected: number; readonly done: () => void }
  >()
  let asked = 0
  return {
    async ask(those) {
      const id = ++asked
      const expected = those.filter(one => one(id)).length
      const answers: Answer[] = []
      if (expected === 0) return answers
      const all = new Promise<void>(done => waiting.set(id, { answers, expected, done }))
      const late = new AbortController()
      await Promise.race([all, sleep(patienceMs, undefined, { signal: late.signal }).catch(() => {})])
      late.abort()
      waiting.delete(id)
      return answers
    },
    heard(id, answer) {
      const question = waiting.get(id)
      if (question === undefined) return
      question.answers.push(answer)
      if (question.answers.length === question.expected) question.done()
    },
  }
}
