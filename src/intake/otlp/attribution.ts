// A span's attributes and those of what it ran in; whose call it was, and tags, out. Nothing of a prompt or an answer is looked at.
import { type Attribution, type AttributionKind, attributionKinds } from '../../core/meter/call.ts'
import { environmentNames } from '../litellm-names.ts'
import { type Json, objectAt, textAt } from './attribute.ts'
import type { Attributes, AttributeValue, Span } from './span.ts'

/** What people call a dimension in metadata and tags of their own; LiteLLM's proxy writes there whose key it was. */
const ownNames: Readonly<Record<AttributionKind, readonly string[]>> = {
  workload: ['workload', 'application', 'app', 'user_api_key_alias'],
  feature: ['feature', 'feature_name', 'use_case'],
  task: ['task', 'task_id', 'taskId'],
  user: ['user', 'user_id', 'userId', 'customer_id', 'user_api_key_end_user_id', 'user_api_key_user_id'],
  team: ['team', 'team_name', 'team_id', 'user_api_key_team_alias', 'user_api_key_team_id'],
  environment: ['environment', 'env', 'stage'],
}

/** Where the conventions and the libraries keep it, after what was said to us by name and before what people call it. */
const conventional: Readonly<Record<AttributionKind, readonly string[]>> = {
  workload: [],
  feature: ['ai.telemetry.functionId'],
  task: [],
  user: ['user.id', 'enduser.id', 'langfuse.user.id', 'gen_ai.user', 'gen_ai.request.user', 'llm.user'],
  team: [],
  environment: ['langfuse.environment'],
}

/** Where it is told of all that one process does. */
const ofResource: Readonly<Partial<Record<AttributionKind, readonly string[]>>> = {
  workload: ['service.name'],
  environment: ['deployment.environment.name', 'deployment.environment'],
}

/** Metadata of their own: an object as JSON, or one attribute for each key. */
const metadataObjects = ['metadata', 'langfuse.trace.metadata', 'langfuse.observation.metadata']
const metadataPrefixes = [
  'ai.telemetry.metadata.',
  'ai.settings.context.',
  'traceloop.association.properties.',
  'metadata.',
  'langsmith.metadata.',
  'langfuse.trace.metadata.',
  'langfuse.observation.metadata.',
]

export function attributionOf({ attributes, resource }: Pick<Span, 'attributes' | 'resource'>): {
  readonly attribution: Attribution
  readonly tags: Readonly<Record<string, string>>
} {
  const own = ownOf(attributes)
  const listed = listedTags(attributes)
  const said = (kind: string) => {
    const spelled = [`crossline.${kind}`, `baggage.crossline.${kind}`]
    return textAt(attributes, ...spelled) ?? textAt(resource, ...spelled)
  }
  const named = (from: Readonly<Record<string, string>>, kind: AttributionKind) =>
    ownNames[kind].map(name => from[name]).find(value => value !== undefined)
  const attribution = Object.fromEntries(
    attributionKinds.map(kind => [
      kind,
      said(kind) ??
        textAt(attributes, ...conventional[kind]) ??
        named(own, kind) ??
        named(listed, kind) ??
        textAt(attributes, ...(ofResource[kind] ?? [])) ??
        textAt(resource, ...(ofResource[kind] ?? [])),
    ]),
  ) as Record<AttributionKind, string | null>
  const { environment, workload } = attribution
  return {
    attribution: {
      ...attribution,
      // What an SDK calls a service that nobody named.
      workload: workload?.startsWith('unknown_service') ? null : workload,
      environment: environment && (environmentNames[environment.toLowerCase()] ?? environment),
    },
    tags: tagsOf(attributes, own, listed, said('tags')),
  }
}

const dimensionNames = new Set(Object.values(ownNames).flat())
const mostTags = 24

function tagsOf(
  attributes: Attributes,
  own: Readonly<Record<string, string>>,
  listed: Readonly<Record<string, string>>,
  said: string | null,
): Record<string, string> {
  const session = textAt(attributes, 'gen_ai.conversation.id', 'session.id', 'langfuse.session.id')
  const pairs = (said ?? '').split(',').flatMap(pair => {
    const cut = pair.indexOf('=')
    return cut > 0 ? [[pair.slice(0, cut).trim(), pair.slice(cut + 1).trim()] as const] : []
  })
  const entries = [
    ...pairs,
    ...(session === null ? [] : [['session', session] as const]),
    ...Object.entries(listed).filter(([name]) => !dimensionNames.has(name)),
    ...Object.entries(own).filter(([name]) => !dimensionNames.has(name)),
  ]
  const tags: Record<string, string> = {}
  for (const [name, value] of entries) {
    if (Object.keys(tags).length < mostTags) tags[name] ??= value
  }
  return tags
}

/** `["feature:search","pilot"]` → feature: search, pilot: true. */
function listedTags(attributes: Attributes): Record<string, string> {
  const found: Record<string, string> = {}
  for (const name of ['tag.tags', 'langfuse.trace.tags', 'langfuse.tags']) {
    for (const item of listAt(attributes[name])) {
      if (typeof item !== 'string') continue
      const cut = item.indexOf(':')
      const [key, value] = cut > 0 ? [item.slice(0, cut).trim(), item.slice(cut + 1).trim()] : [item.trim(), 'true']
      if (isShort(key) && isShort(value)) found[key] ??= value
    }
  }
  return found
}

function listAt(value: AttributeValue | undefined): readonly unknown[] {
  if (Array.isArray(value)) return value
  if (typeof value !== 'string' || !value.startsWith('[')) return []
  try {
    const parsed: unknown = JSON.parse(value)
    return Array.isArray(parsed) ? parsed : []
  } catch {
    return []
  }
}

function ownOf(attributes: Attributes): Record<string, string> {
  const found: Record<string, string> = {}
  const put = (name: string, value: unknown) => {
    const text = typeof value === 'string' ? value.trim() : typeof value === 'object' ? '' : String(value)
    // Metadata is for names; people put texts there too.
    if (isShort(name) && isShort(text) && !ofText.test(name)) found[name] ??= text
  }
  for (const name of metadataObjects) {
    for (const [key, value] of Object.entries(objectAt(attributes, name) satisfies Json)) put(key, value)
  }
  for (const [name, value] of Object.entries(attributes)) {
    const prefix = metadataPrefixes.find(one => name.startsWith(one))
    if (prefix !== undefined) put(name.slice(prefix.length), value)
  }
  return found
}

/** Longer ones are data, not a name. */
const isShort = (text: string): boolean => text !== '' && text.length <= 128
const ofText =
  /prompt|message|input|output|content|completion|response|question|answer|query|instruction|secret|token|password|key$/i
