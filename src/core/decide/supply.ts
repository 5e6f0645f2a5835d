// Leases, own servers and hosts that rent endpoints in; each way to come by the GPUs of a replica, as a lease and the choices that go with it, out.
import { many } from '../fault/many.ts'
import type { OptionAnswer } from './answer.ts'
import type { Choices } from './choices.ts'
import type { DedicatedRow, Evidence, ReplicaTerms } from './evidence.ts'
import { type Lease, leaseOf, leastHours } from './lease.ts'
import { ownLeaseOf } from './own-lease.ts'
import { regionRefusal } from './region.ts'

/** GPUs for a replica: rented, bought, or run by a host for one customer. */
export interface Supply {
  readonly kind: Exclude<OptionAnswer['kind'], 'api' | 'cascade'>
  readonly name: string
  /** Null = nobody is known to sell it. */
  readonly lease: Lease | null
  /** What the reader chose, as far as it is the team's own affair here. */
  readonly choices: Choices
  readonly notes: readonly string[]
}

/** GPUs of a team's own: rented where the choices leave this GPU in, and bought where it was. */
export function ownSupplies(evidence: Evidence, choices: Choices, replica: ReplicaTerms): Supply[] {
  const { gpu, own } = choices
  const name = `${replica.group} on ${replica.gpusPerReplica}× ${replica.gpu}`
  return [
    ...(gpu === null || replica.gpu === gpu ? [rented(evidence, choices, replica, name)] : []),
    ...(own?.gpu === replica.gpu ? [owned(choices, replica, `${name} (owned)`)] : []),
  ]
}

function rented({ leases }: Evidence, choices: Choices, replica: ReplicaTerms, name: string): Supply {
  const inRegion = leases.filter(row => regionRefusal(choices.region, row.region) === null)
  const lease = leaseOf(inRegion, replica.gpu, choices)
  const notes =
    lease === null
      ? [`no ${choices.term} price is known for ${replica.gpu}${askedWords(choices)}: its cost is unknown`]
      : leaseNotes(choices, replica, lease)
  return { kind: 'self-host', name, lease, choices, notes }
}

/** What the rows are narrowed to: a GPU may be sold on that term, by other instances or elsewhere. */
function askedWords({ gpusPerInstance, providers, region }: Choices): string {
  const size = gpusPerInstance === null ? '' : ` by instances of ${many(gpusPerInstance, 'GPU')}`
  return `${size}${providers === null ? '' : ` from ${providers.join(' or ')}`}${region === null ? '' : ` in ${region}`}`
}

/** Own servers have their upkeep in their price, not as a share of a rent; and all that were bought are there. */
function owned(choices: Choices, replica: ReplicaTerms, name: string): Supply {
  const lease = ownLeaseOf(choices.own!, choices.hoursPerMonth)
  const { servers } = lease.own!
  const bought = servers === null ? null : Math.floor((servers * lease.gpusPerInstance!) / replica.gpusPerReplica)
  const here = { ...choices, overheadShare: 0, ...(bought === null ? {} : { replicas: bought }) }
  return { kind: 'self-host', name, lease, choices: here, notes: leaseNotes(choices, replica, lease) }
}

/** An endpoint that a host keeps for one customer: its people run it, and a replica that fails is its own to replace. */
export function dedicatedSupply(row: DedicatedRow, choices: Choices, replica: ReplicaTerms): Supply {
  const name = `${row.host} ${replica.group}, dedicated ${replica.gpusPerReplica}× ${replica.gpu}`
  const lease: Lease = {
    usdPerGpuHour: Number(row.usdPerGpuHour),
    gpusPerInstance: row.gpusPerInstance,
    row: null,
    source: `${row.host} dedicated, ${row.asOf ?? 'undated'} (${row.source})`,
    spread: [],
  }
  return {
    kind: 'dedicated',
    name,
    lease,
    choices: { ...choices, spareReplicas: 0, operationsUsdPerMonth: 0, overheadShare: 0, replicas: null },
    notes: ['run by the host: no spare, no people and no overhead of your own are counted'],
  }
}

/** What a lease by whole instances, and one for a term, mean for these replicas. */
function leaseNotes({ term, hoursPerMonth }: Choices, { gpusPerReplica }: ReplicaTerms, lease: Lease): string[] {
  const { gpusPerInstance, row } = lease
  const hours = row === null ? 0 : leastHours(term)
  return [
    ...(gpusPerInstance !== null && gpusPerInstance > gpusPerReplica
      ? [`leased by ${lease.own ? 'server' : 'instance'} of ${gpusPerInstance} GPUs: all of them are billed`]
      : []),
    ...(gpusPerInstance !== null && gpusPerInstance < gpusPerReplica
      ? [
          `the row sells ${gpusPerInstance} GPUs an instance: that ${gpusPerReplica} of them stand in one machine is presumed`,
        ]
      : []),
    ...(hours > hoursPerMonth
      ? [`${term.replaceAll('_', ' ')}: whoever leases an instance pays it for ${hours} hours, used or not`]
      : []),
  ]
}
