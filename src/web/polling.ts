// A path of the server in; what it answers, now and again while somebody looks, out.
import { useEffect } from 'preact/hooks'
import { isFile } from './state.ts'

const everyMs = 10_000

/** `take` says whether it is worth asking again. An exported file has nobody to ask. */
export function usePolled<T>(path: string, take: (answer: T) => boolean): void {
  useEffect(() => {
    if (isFile) return
    const ask = async () => {
      try {
        const answer = await fetch(path)
        if (answer.ok && !take((await answer.json()) as T)) clearInterval(timer)
      } catch {
        // A server that is gone has its own place on the page: the next question says it.
      }
    }
    const timer = setInterval(() => document.visibilityState === 'visible' && void ask(), everyMs)
    void ask()
    return () => clearInterval(timer)
  }, [])
}
