// A server's processes in; what each holds once its garbage is gone, as the kernel and its own engine count it, out.
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'undici'
import { descriptors, residentBytes, treeOf } from '../process-tree.ts'
import type { Served } from './server.ts'

export interface Held {
  readonly pid: number
  readonly residentMiB: number
  readonly heapMiB: number
  readonly descriptors: number
}

/** What a server is to be started with, so that its processes can be asked later: any free port for each one's inspector. */
export const askable = { NODE_OPTIONS: '--inspect-port=127.0.0.1:0' }

/** Asks processes of one server; the same meter is to be used for all of its measurements. */
export function startMeter({ pid: root, said }: Served): () => Promise<Held[]> {
  const addresses = new Map<number, string>()

  /** SIGUSR1 makes Node open its inspector and say where; the address is the newest one said. */
  async function addressOf(pid: number): Promise<string> {
    const known = addresses.get(pid)
    if (known !== undefined) return known
    const listening = () => said().match(/ws:\/\/127\.0\.0\.1:\d+\/[\w-]+/g) ?? []
    const before = listening().length
    process.kill(pid, 'SIGUSR1')
    for (let i = 0; i < 500 && listening().length === before; i++) await sleep(20)
    const address = listening().at(-1)
    if (address === undefined || listening().length === before) throw new Error(`process ${pid} opened no inspector`)
    addresses.set(pid, address)
    return address
  }

  return async () => {
    const held: Held[] = []
    for (const pid of treeOf(root)) {
      const heapMiB = (await collected(await addressOf(pid))) / 2 ** 20
      held.push({ pid, heapMiB, residentMiB: residentBytes([pid]) / 2 ** 20, descriptors: descriptors(pid) })
    }
    return held
  }
}

/** Collects a process's garbage, and gives the bytes that its engine still holds: heap and buffers outside it. */
async function collected(address: string): Promise<number> {
  const socket = new WebSocket(address)
  await once(socket, 'open')
  let id = 0
  const call = async (method: string): Promise<Record<string, unknown>> => {
    const own = ++id
    socket.send(JSON.stringify({ id: own, method }))
    for (;;) {
      const [event] = (await once(socket, 'message', { signal: AbortSignal.timeout(30_000) })) as [MessageEvent<string>]
      const answer = JSON.parse(event.data) as { id?: number; result?: Record<string, unknown> }
      if (answer.id === own) return answer.result ?? {}
    }
  }
  try {
    // What is finalized in one collection is let go in the next.
    for (let i = 0; i < 3; i++) await call('HeapProfiler.collectGarbage')
    const { usedSize, backingStorageSize } = await call('Runtime.getHeapUsage')
    return Number(usedSize) + Number(backingStorageSize ?? 0)
  } finally {
    const closed = once(socket, 'close')
    socket.close()
    await closed
    await sleep(100)
  }
}
