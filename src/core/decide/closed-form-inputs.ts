// A parsed YAML or JSON document in; the terms of `crossover --inputs` out, or one fault that names the field.
import { Fault } from '../fault/fault.ts'
import type { OwnInputs } from './own-hardware.ts'
import {
  atLeastOne,
  count,
  countFromOne,
  type Located,
  notNegative,
  positive,
  positiveShare,
  section,
  share,
} from './stated-fields.ts'

export interface DemandInputs {
  /** Million tokens a month; null = not stated. */
  readonly mtokPerMonth: number | null
  readonly inputMtokPerMonth: number | null
  readonly outputMtokPerMonth: number | null
  readonly requestsPerMonth: number | null
  readonly mtokPerRequest: number | null
}

export interface ApiInputs {
  readonly name: string
  readonly usdPerMtok: number | null
  readonly inputUsdPerMtok: number | null
  readonly outputUsdPerMtok: number | null
  readonly usdPerRequest: number | null
  readonly fixedUsdPerMonth: number
}

export interface SelfHostInputs {
  readonly name: string
  readonly gpusPerReplica: number
  readonly usdPerGpuHour: number
  /** Of one replica; null when `mtokPerReplicaMonth` says it, or nobody knows. */
  readonly tokensPerSecond: number | null
  readonly mtokPerReplicaMonth: number | null
  readonly maxUtilization: number
  readonly peakToMean: number
  readonly minReplicas: number
  readonly spareReplicas: number
  readonly fixedUsdPerMonth: number
  readonly overheadShare: number
}

export interface ClosedFormInputs {
  readonly hoursPerMonth: number
  readonly demand: DemandInputs
  readonly api: readonly ApiInputs[]
  readonly selfHost: readonly SelfHostInputs[]
  readonly own: OwnInputs | null
}

/**
 * Checks a document against the shape of `crossover --inputs` and fills in its defaults. `where` names the file in
 * faults. Faults: INPUTS_UNKNOWN_FIELD (with the nearest name), INPUTS_MISSING, INPUTS_INVALID, INPUTS_CONFLICT.
 */
export function parseClosedFormInputs(document: unknown, where = 'inputs'): ClosedFormInputs {
  const root = section(document, { path: '', where }, ['hoursPerMonth', 'demand', 'api', 'selfHost', 'own'])
  const api = root.list('api').map(parseApi)
  const selfHost = root.list('selfHost').map(parseSelfHost)
  refuseTwins(api, 'api', where)
  refuseTwins(selfHost, 'selfHost', where)
  const own = root.child('own')
  return {
    hoursPerMonth: root.number('hoursPerMonth', positive) ?? 730,
    demand: parseDemand(root.child('demand'), where),
    api,
    selfHost,
    own: own === null ? null : parseOwn(own),
  }
}

function parseDemand(value: Located | null, where: string): DemandInputs {
  const fields = section(value?.value ?? {}, value?.place ?? { path: 'demand', where }, [
    'mtokPerMonth',
    'inputMtokPerMonth',
    'outputMtokPerMonth',
    'requestsPerMonth',
    'mtokPerRequest',
  ])
  const input = fields.number('inputMtokPerMonth', notNegative)
  const output = fields.number('outputMtokPerMonth', notNegative)
  if ((input === null) !== (output === null)) {
    throw fields.fault('INPUTS_MISSING', input === null ? 'inputMtokPerMonth' : 'outputMtokPerMonth', 'is missing')
  }
  const requests = fields.number('requestsPerMonth', notNegative)
  const perRequest = fields.number('mtokPerRequest', positive)
  const stated = [
    ['mtokPerMonth', fields.number('mtokPerMonth', notNegative)],
    ['inputMtokPerMonth + outputMtokPerMonth', input === null || output === null ? null : input + output],
    ['requestsPerMonth × mtokPerRequest', requests === null || perRequest === null ? null : requests * perRequest],
  ] as const
  const volumes = stated.filter(([, volume]) => volume !== null)
  const [name, total] = volumes[0] ?? ['', null]
  if (requests !== null && total === null) {
    throw fields.fault('INPUTS_MISSING', 'mtokPerRequest', 'is missing: requestsPerMonth needs it')
  }
  for (const [other, volume] of volumes.slice(1)) {
    if (Math.abs(volume! - total!) > 1e-9 * total!) {
      throw fields.fault(
        'INPUTS_CONFLICT',
        '',
        `says ${total} by ${name} and ${volume} by ${other}`,
        'state one volume',
      )
    }
  }
  const derived = perRequest ?? (requests !== null && requests > 0 && total! > 0 ? total! / requests : null)
  return {
    mtokPerMonth: total,
    inputMtokPerMonth: input,
    outputMtokPerMonth: output,
    requestsPerMonth: requests ?? (total !== null && derived !== null ? total / derived : null),
    mtokPerRequest: derived,
  }
}

function parseApi({ value, place }: Located): ApiInputs {
  const prices = ['usdPerMtok', 'inputUsdPerMtok', 'outputUsdPerMtok', 'usdPerRequest']
  const fields = section(value, place, ['name', ...prices, 'fixedUsdPerMonth'])
  const usdPerMtok = fields.number('usdPerMtok', notNegative)
  const inputUsdPerMtok = fields.number('inputUsdPerMtok', notNegative)
  const outputUsdPerMtok = fields.number('outputUsdPerMtok', notNegative)
  const usdPerRequest = fields.number('usdPerRequest', notNegative)
  if ((inputUsdPerMtok === null) !== (outputUsdPerMtok === null)) {
    throw fields.fault(
      'INPUTS_MISSING',
      inputUsdPerMtok === null ? 'inputUsdPerMtok' : 'outputUsdPerMtok',
      'is missing',
    )
  }
  const forms = [usdPerMtok, inputUsdPerMtok, usdPerRequest].filter(price => price !== null).length
  if (forms !== 1) {
    const found = forms === 0 ? 'has no price' : 'has more than one kind of price'
    const fix = 'state usdPerMtok, or inputUsdPerMtok and outputUsdPerMtok, or usdPerRequest'
    throw fields.fault(forms === 0 ? 'INPUTS_MISSING' : 'INPUTS_CONFLICT', '', found, fix)
  }
  const fixedUsdPerMonth = fields.number('fixedUsdPerMonth', notNegative) ?? 0
  return { name: fields.name(), usdPerMtok, inputUsdPerMtok, outputUsdPerMtok, usdPerRequest, fixedUsdPerMonth }
}

function parseSelfHost({ value, place }: Located): SelfHostInputs {
  const fields = section(value, place, [
    'name',
    'gpusPerReplica',
    'usdPerGpuHour',
    'tokensPerSecond',
    'mtokPerReplicaMonth',
    'maxUtilization',
    'peakToMean',
    'minReplicas',
    'spareReplicas',
    'fixedUsdPerMonth',
    'overheadShare',
  ])
  const tokensPerSecond = fields.number('tokensPerSecond', positive)
  const mtokPerReplicaMonth = fields.number('mtokPerReplicaMonth', positive)
  if (tokensPerSecond !== null && mtokPerReplicaMonth !== null) {
    const message = 'states both tokensPerSecond and mtokPerReplicaMonth'
    throw fields.fault('INPUTS_CONFLICT', '', message, 'state one of them')
  }
  const usdPerGpuHour = fields.number('usdPerGpuHour', notNegative)
  if (usdPerGpuHour === null) throw fields.fault('INPUTS_MISSING', 'usdPerGpuHour', 'is missing')
  return {
    name: fields.name(),
    gpusPerReplica: fields.number('gpusPerReplica', positive) ?? 1,
    usdPerGpuHour,
    tokensPerSecond,
    mtokPerReplicaMonth,
    maxUtilization: fields.number('maxUtilization', positiveShare) ?? 1,
    peakToMean: fields.number('peakToMean', atLeastOne) ?? 1,
    minReplicas: fields.number('minReplicas', count) ?? 1,
    spareReplicas: fields.number('spareReplicas', count) ?? 0,
    fixedUsdPerMonth: fields.number('fixedUsdPerMonth', notNegative) ?? 0,
    overheadShare: fields.number('overheadShare', notNegative) ?? 0,
  }
}

function parseOwn({ value, place }: Located): OwnInputs {
  const rules = {
    gpus: countFromOne,
    gpusPerServer: countFromOne,
    capexUsdPerServer: notNegative,
    lifeYears: positive,
    costOfCapital: notNegative,
    kilowattsPerServer: notNegative,
    pue: atLeastOne,
    usdPerKwh: notNegative,
    coloUsdPerKwMonth: notNegative,
    operationsShare: notNegative,
    fixedUsdPerMonth: notNegative,
    idleShare: share,
    utilization: share,
    rentUsdPerGpuHour: notNegative,
    horizonMonths: positive,
  }
  const fields = section(value, place, Object.keys(rules))
  const number = (key: keyof typeof rules) => fields.number(key, rules[key])
  const gpus = number('gpus')
  if (gpus === null) throw fields.fault('INPUTS_MISSING', 'gpus', 'is missing')
  return {
    gpus,
    gpusPerServer: number('gpusPerServer') ?? 8,
    capexUsdPerServer: number('capexUsdPerServer'),
    lifeYears: number('lifeYears'),
    costOfCapital: number('costOfCapital'),
    kilowattsPerServer: number('kilowattsPerServer'),
    pue: number('pue'),
    usdPerKwh: number('usdPerKwh'),
    coloUsdPerKwMonth: number('coloUsdPerKwMonth'),
    operationsShare: number('operationsShare'),
    fixedUsdPerMonth: number('fixedUsdPerMonth') ?? 0,
    idleShare: number('idleShare'),
    utilization: number('utilization'),
    rentUsdPerGpuHour: number('rentUsdPerGpuHour'),
    horizonMonths: number('horizonMonths'),
  }
}

function refuseTwins(rows: readonly { readonly name: string }[], key: string, where: string): void {
  const seen = new Set<string>()
  rows.forEach(({ name }, i) => {
    const field = `${key}[${i}].name`
    if (seen.has(name)) {
      throw new Fault('INPUTS_CONFLICT', `${field} ${JSON.stringify(name)} is used twice`, {
        where: `${where}: ${field}`,
        fix: 'give each its own name',
      })
    }
    seen.add(name)
  })
}
