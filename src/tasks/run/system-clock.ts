// The machine's own time, for runs.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from './pace.ts'

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  sleep: (ms, signal) =>
    sleep(ms, undefined, { signal }).then(
      () => {},
      // It was woken: whoever sleeps looks at the signal.
      () => {},
    ),
}
