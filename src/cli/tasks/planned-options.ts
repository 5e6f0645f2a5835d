// Options as a suite states them in; each as the runner carries it out, with what its server says of itself, and the upstreams of them all, out.

import { weightsOf } from '../../catalog/facts.ts'
import { bareName } from '../../catalog/models.ts'
import { type TriedOption, triedOptionOf } from '../../core/decide/quality/tried-option.ts'
import { Fault, nearestName } from '../../core/fault/fault.ts'
import { isOwnServer } from '../../core/meter/own-servers.ts'
import { type Family, type UpstreamSettings, upstreamsOf } from '../../gateway/upstreams.ts'
import type { HostSettings } from '../../server/gateway-host.ts'
import { withSecrets } from '../../server/secrets.ts'
import type { Target } from '../../tasks/client.ts'
import { misfitOf } from '../../tasks/graders/grade-answer.ts'
import type { OptionPlan, SimpleOption } from '../../tasks/run/option-plan.ts'
import { askServer, type SaidOfServer } from '../../tasks/run/probe.ts'
import type { StatedOption } from '../../tasks/suite/option-shape.ts'
import type { GraderSpec } from '../../tasks/task.ts'

export interface PlannedOptions {
  readonly options: readonly OptionPlan[]
  /** The gateway's, with an upstream for each server of one's own. */
  readonly settings: HostSettings
  /** What a person should hear of them. */
  readonly notes: readonly string[]
  /** A grader with its judge's model looked up; any other as it is. */
  judgeOf(spec: GraderSpec): GraderSpec
}

export interface OptionsQuestion {
  readonly stated: Readonly<Record<string, StatedOption>>
  /** Only these; empty = all. */
  readonly only: readonly string[]
  /** Of the tasks: judges among them may be options, or have upstreams of their own. */
  readonly graders: readonly GraderSpec[]
  readonly gateway: HostSettings
  /** `file:line` of an option. */
  readonly placeOf: (name: string) => string
  readonly environment: Readonly<Record<string, string | undefined>>
}

const wires: Readonly<Record<Family, Target['wire']>> = {
  openai: 'openai.chat',
  anthropic: 'anthropic.messages',
  gemini: 'gemini.generateContent',
}

/** @throws Fault OPTION_UNKNOWN, UPSTREAM_UNKNOWN, OPTION_NESTED, VARIABLE_UNSET, each with its line */
export async function planOptions(question: OptionsQuestion): Promise<PlannedOptions> {
  const { stated, only, gateway, environment } = question
  const named = only.length === 0 ? Object.keys(stated) : only
  if (named.length === 0) {
    throw new Fault('OPTION_UNKNOWN', 'nothing says on what the tasks are tried', {
      where: question.placeOf(''),
      fix: 'add options to the suite: mini: { upstream: openai, model: gpt-5-mini }',
    })
  }
  const verifiers = named.flatMap(name => (statedOption(name, question).verifier as GraderSpec | undefined) ?? [])
  const judges = [...question.graders, ...verifiers].flatMap(partsOf).filter(({ kind }) => kind === 'judge')
  const judging = judges.flatMap(({ option }) => (typeof option === 'string' ? [option] : []))
  const needed = new Set([...named.flatMap(name => [name, ...partNames(name, question)]), ...judging])
  const own: Record<string, UpstreamSettings> = {}
  const simple = new Map<string, SimpleOption>()
  const notes: string[] = []
  for (const name of needed) {
    const option = statedOption(name, question)
    if (option.cascade !== undefined || option.bestOf !== undefined) continue
    if (option.url !== undefined) {
      const said = await askedOf(name, option, environment)
      const [upstream, settings] = ownUpstream(name, option, said, gateway)
      own[upstream] = settings
      simple.set(name, simpleOf(name, option, upstream, settings, said))
      notes.push(...doubtsOf(name, option, said))
    } else {
      const upstream = upstreamsOf(gateway.upstreams).get(option.upstream!)
      if (upstream === undefined) throw unknownUpstream(name, option.upstream!, question)
      simple.set(name, simpleOf(name, option, upstream.name, upstream, null))
    }
  }
  const judgeOf = (spec: GraderSpec): GraderSpec => {
    if (spec.kind === 'combined') return { ...spec, graders: (spec.graders as readonly GraderSpec[]).map(judgeOf) }
    return spec.kind === 'judge' ? plannedJudge(spec, simple, question) : spec
  }
  const options = named.map(name => simple.get(name) ?? composedOf(name, question, simple, judgeOf))
  const asked = judges.map(spec => judgeOf(spec).upstream as string)
  const used = new Set([...[...simple.values()].map(({ target }) => target.upstream), ...asked])
  return {
    options,
    settings: { ...gateway, upstreams: usable({ ...gateway.upstreams, ...own }, used, environment) },
    notes,
    judgeOf,
  }
}

function statedOption(name: string, { stated, placeOf }: OptionsQuestion): StatedOption {
  const option = stated[name]
  if (option !== undefined) return option
  const near = nearestName(name, Object.keys(stated))
  const fix = near === null ? `there are ${Object.keys(stated).join(', ')}` : `did you mean "${near}"?`
  throw new Fault('OPTION_UNKNOWN', `no option is called "${name}"`, { where: placeOf(''), fix })
}

function partNames(name: string, question: OptionsQuestion): readonly string[] {
  const option = statedOption(name, question)
  const parts = option.cascade ?? (option.of === undefined ? [] : [option.of])
  for (const part of parts) {
    const { cascade, bestOf } = statedOption(part, { ...question, placeOf: () => question.placeOf(name) })
    if (cascade === undefined && bestOf === undefined) continue
    throw new Fault('OPTION_NESTED', `"${name}" is made of "${part}", which is made of others itself`, {
      where: question.placeOf(name),
      fix: 'name options that have an upstream or a url',
    })
  }
  return parts
}

/** A grader, or those that it is made of. */
const partsOf = (spec: GraderSpec): readonly GraderSpec[] =>
  spec.kind === 'combined' ? (spec.graders as readonly GraderSpec[]).flatMap(partsOf) : [spec]

/** Where a judge's requests go. @throws Fault OPTION_NESTED, UPSTREAM_UNKNOWN */
function plannedJudge(
  { option, ...spec }: GraderSpec,
  simple: ReadonlyMap<string, SimpleOption>,
  question: OptionsQuestion,
): GraderSpec {
  if (typeof option === 'string') {
    const target = simple.get(option)?.target
    if (target !== undefined)
      return { ...spec, ...target, settings: { ...target.settings, ...(spec.settings as object) } }
    throw new Fault('OPTION_NESTED', `the judge "${option}" is made of other options`, {
      where: question.placeOf(option),
      fix: 'name an option that has an upstream or a url',
    })
  }
  const upstream = upstreamsOf(question.gateway.upstreams).get(spec.upstream as string)
  if (upstream === undefined) throw unknownUpstream('', spec.upstream as string, question)
  return { wire: wires[upstream.family], ...spec }
}

/** A verifier sees no expected answer, as in production: one that needs one is none. */
function verifierOf(name: string, { verifier }: StatedOption, { placeOf }: OptionsQuestion): GraderSpec {
  const spec = verifier as GraderSpec
  const misfit = misfitOf([spec], null)
  if (misfit === null) return spec
  throw new Fault('VERIFIER_UNFIT', `the verifier of ${name}: ${misfit}`, {
    where: placeOf(name),
    fix: 'a verifier is not told what is expected: use regex, a JSON Schema, a command or a judge',
  })
}

function composedOf(
  name: string,
  question: OptionsQuestion,
  simple: ReadonlyMap<string, SimpleOption>,
  judgeOf: PlannedOptions['judgeOf'],
): OptionPlan {
  const option = statedOption(name, question)
  const parts = partNames(name, question).map(part => simple.get(part)!)
  const pace = { concurrency: option.concurrency ?? null, requestsPerMinute: null, tokensPerMinute: null }
  const gradeStages = option.gradeStages ?? false
  const stages = parts.map(part => part.name)
  if (option.cascade !== undefined) {
    const verifier = judgeOf(verifierOf(name, option, question))
    const settings = { verifier: verifier.kind }
    return {
      kind: 'cascade',
      name,
      tried: triedOptionOf({ name, kind: 'cascade', settings, stages }),
      pace,
      stages: parts,
      verifier,
      gradeStages,
    }
  }
  const count = option.bestOf!
  const verifier = option.verifier === undefined ? null : judgeOf(verifierOf(name, option, question))
  const settings = { n: count, choose: verifier?.kind ?? 'vote' }
  return {
    kind: 'best-of-n',
    name,
    tried: triedOptionOf({ name, kind: 'best-of-n', settings, stages }),
    pace,
    of: parts[0]!,
    count,
    verifier,
    gradeStages,
  }
}

function simpleOf(
  name: string,
  option: StatedOption,
  upstream: string,
  { family = 'openai', provider = upstream }: Pick<UpstreamSettings, 'family' | 'provider'>,
  said: SaidOfServer | null,
): SimpleOption {
  const { model, settings = {} } = option
  const kind = option.hosting ?? (option.url === undefined ? 'api' : 'self-host')
  return {
    kind: 'simple',
    name,
    target: { upstream, wire: option.wire ?? wires[family], model: model!, settings },
    pace: {
      concurrency: option.concurrency ?? null,
      requestsPerMinute: option.requestsPerMinute ?? null,
      tokensPerMinute: option.tokensPerMinute ?? null,
    },
    tried: {
      name,
      kind,
      provider: kind === 'self-host' && isOwnServer(provider) ? null : provider,
      model: model!,
      group: option.weights ?? weightsOf(model!)?.weights ?? null,
      dtype: option.dtype ?? said?.dtype ?? null,
      kvDtype: option.kvDtype ?? said?.kvDtype ?? null,
      engine: option.engine ?? said?.engine ?? null,
      engineVersion: option.engineVersion ?? said?.engineVersion ?? null,
      gpu: option.gpu ?? null,
      settings: flat(settings),
      stages: [],
    },
  }
}

/** Settings as a table has room for: what nests as JSON. */
const flat = (settings: Readonly<Record<string, unknown>>): TriedOption['settings'] =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => {
      const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
      return [name, isPlain ? value : JSON.stringify(value)]
    }),
  )

/** Where the OpenAI paths begin: people write an address with `/v1` and without. */
const baseOf = (url: string): string => url.replace(/\/+$/, '').replace(/\/v1$/, '')

/** An upstream that is called as its option is, unless one of the settings is. */
function ownUpstream(
  name: string,
  option: StatedOption,
  said: SaidOfServer,
  gateway: HostSettings,
): [string, UpstreamSettings] {
  const plain = name.replace(/[^\w.-]+/g, '-')
  const taken = upstreamsOf(gateway.upstreams)
  const upstream = taken.has(plain) ? `${plain}-server` : plain
  const family =
    option.wire === 'anthropic.messages' ? 'anthropic' : option.wire === 'gemini.generateContent' ? 'gemini' : 'openai'
  const provider = option.provider ?? option.engine ?? said.engine ?? 'self-hosted'
  return [upstream, { url: baseOf(option.url!), provider, family, headers: option.headers }]
}

function askedOf(
  name: string,
  option: StatedOption,
  environment: OptionsQuestion['environment'],
): Promise<SaidOfServer> {
  const secret = withSecrets({ [name]: { url: option.url!, headers: option.headers } }, environment)
  return askServer(baseOf(option.url!), secret[name]!.headers ?? {})
}

function doubtsOf(name: string, option: StatedOption, said: SaidOfServer): string[] {
  const isServed = said.models === null || said.models.some(id => bareName(id) === bareName(option.model!))
  return [
    ...(isServed ? [] : [`${name}: its server names ${said.models!.join(', ')}, not ${option.model}`]),
    ...(said.engine !== null && option.engine !== undefined && option.engine !== said.engine
      ? [`${name}: stated as ${option.engine}, but its server says that it is ${said.engine}`]
      : []),
  ]
}

function unknownUpstream(name: string, asked: string, { gateway, placeOf }: OptionsQuestion): Fault {
  const known = [...upstreamsOf(gateway.upstreams).keys()]
  const near = nearestName(asked, known)
  return new Fault('UPSTREAM_UNKNOWN', `no upstream is called "${asked}"`, {
    where: placeOf(name),
    fix:
      near === null
        ? `there are ${known.join(', ')}; others are named under gateway.upstreams`
        : `did you mean "${near}"?`,
  })
}

/** Upstreams that nobody asks for need no variables. */
function usable(
  upstreams: Readonly<Record<string, UpstreamSettings>>,
  used: ReadonlySet<string>,
  environment: OptionsQuestion['environment'],
): Readonly<Record<string, UpstreamSettings>> {
  return Object.fromEntries(
    Object.entries(upstreams).filter(([name, upstream]) => {
      try {
        withSecrets({ [name]: upstream }, environment)
        return true
      } catch (thrown) {
        if (used.has(name)) throw thrown
        return false
      }
    }),
  )
}
