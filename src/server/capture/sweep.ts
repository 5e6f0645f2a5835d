// A data folder in; its captures removed as they expire, also where none are made any more, out.
import type { Say } from '../log.ts'
import { expireCaptures } from './capture-files.ts'

const sweepEveryMs = 3_600_000

/** Now and every hour. `keepDays` null = as was promised when each day was begun. Gives what stops it. */
export function sweepCaptures(
  dataDir: string,
  keepDays: number | null,
  { say, nowMs = Date.now }: { readonly say: Say; readonly nowMs?: () => number },
): () => void {
  const sweep = () => {
    try {
      const gone = expireCaptures(dataDir, keepDays, nowMs())
      if (gone.length > 0) say(`captures of ${gone.join(', ')} have expired and are gone`, 'info')
    } catch (thrown) {
      say(`expired captures were not removed: ${(thrown as Error).message}`, 'error')
    }
  }
  sweep()
  const sweeper = setInterval(sweep, sweepEveryMs)
  sweeper.unref()
  return () => clearInterval(sweeper)
}
