// Contenders in; how many calls a second each carries on one machine in one run, in turn, out.
import { cpuSeconds, titleOf, treeOf } from '../../test/process-tree.ts'
import { type Figure, median } from '../measure.ts'
import type { Contender } from './contender.ts'
import type { Crossline } from './crossline.ts'
import type { Outcome, Target } from './load.ts'
import type { Loader } from './loader.ts'

interface Round {
  readonly perSecond: number
  readonly cpuMicros: number
  /** Of it, what the process that relays took; the rest keeps the ledger. */
  readonly relayingMicros: number
  readonly p50: number
  readonly p99: number
}

export interface Workload {
  readonly name: string
  readonly body: string
  readonly connections: number
  readonly ms: number
  readonly rounds: number
}

/** Before anything is counted: programs that compile as they run, as most of these do, are as fast as they get after some 10 s. */
const warmUps = 3

/** At least so many times what a peer carries. */
export type Targets = Readonly<Record<string, number>>

export async function throughput(
  workload: Workload,
  crossline: Crossline,
  peers: readonly Contender[],
  targets: Targets,
  loader: Loader,
  skip: (what: string, thrown: unknown) => void,
): Promise<Figure[]> {
  const { name, body, connections, ms, rounds } = workload
  const results = new Map<Contender, Round[]>([crossline, ...peers].map(one => [one, []]))
  const measure = async (one: Contender, target: Target): Promise<{ outcome: Outcome; round: Round }> => {
    const processes = treeOf(one.pid)
    const relaying = processes.filter(pid => titleOf(pid).startsWith('crossline gateway'))
    const [before, relayingBefore] = [cpuSeconds(processes), cpuSeconds(relaying)]
    const outcome = await loader.closed(target, body, connections, ms)
    if (outcome.failures > 0)
      throw new Error(`${one.name}: ${outcome.failures} failures, the first: ${outcome.failure}`)
    const micros = (pids: readonly number[], since: number) => ((cpuSeconds(pids) - since) * 1e6) / outcome.answers
    const cpu = { cpuMicros: micros(processes, before), relayingMicros: micros(relaying, relayingBefore) }
    return { outcome, round: { perSecond: outcome.answers / outcome.seconds, ...cpu, ...outcome.wholeMs } }
  }
  for (const one of [...results.keys()]) {
    try {
      for (let i = 0; i < warmUps; i++) await measure(one, one.target)
    } catch (thrown) {
      if (one === crossline) throw thrown
      results.delete(one)
      skip(`${one.name}, ${name}`, thrown)
    }
  }
  const wholeAfterSeconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const one of results.keys()) {
      const run = `${name.replaceAll(' ', '-')}-${round}`
      const measured = await measure(one, one === crossline ? crossline.run(run) : one.target)
      results.get(one)!.push(measured.round)
      // What it still has to take into the ledger is not the next one's burden.
      if (one !== crossline) continue
      const answeredAt = performance.now()
      await crossline.check(run, measured.outcome.answers)
      wholeAfterSeconds.push((performance.now() - answeredAt) / 1000)
    }
  }
  const of = (one: Contender, value: (round: Round) => number) => median(results.get(one)!.map(value))
  const said = (one: Contender) =>
    `${one.name} ${Math.round(of(one, r => r.perSecond)).toLocaleString('en')}/s, p50 ${of(one, r => r.p50).toFixed(1)}, p99 ${of(one, r => r.p99).toFixed(1)} ms, ${Math.round(of(one, r => r.cpuMicros))} µs CPU`
  const ours = results.get(crossline)!
  const whole = median(wholeAfterSeconds)
  const relaying = of(crossline, r => r.relayingMicros)
  const accounts: Figure = {
    name: `${name}: CPU of a call, and when all were in the ledger`,
    measured: `${Math.round(relaying)} µs relaying, ${Math.round(of(crossline, r => r.cpuMicros) - relaying)} µs for the ledger`,
    against: `${ms / 1000} s of load`,
    value: whole,
    unit: 's after the last answer',
    target: null,
  }
  const beside = [...results].slice(1).map(([peer, theirs]): Figure => {
    const target = Object.entries(targets).find(([start]) => peer.name.startsWith(start))?.[1] ?? null
    return {
      name: `${name} against ${peer.name}`,
      measured: said(crossline),
      against: said(peer),
      value: median(ours.map((round, i) => round.perSecond / theirs[i]!.perSecond)),
      unit: '×',
      target,
      isAtLeast: true,
    }
  })
  return [...beside, accounts]
}
