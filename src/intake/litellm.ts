// LiteLLM spend logs (rows of LiteLLM_SpendLogs as CSV, JSON Lines or Parquet): what the proxy has already written down.
import type { CellSource, DerivedColumn } from '../core/meter/load.ts'
import { dimensionNames } from './dimension-names.ts'
import { type Content, givenText, type Head, hasColumns, type Importer, type ImportOptions } from './importer.ts'
import { bedrockRoutes, environmentNames, providerPrefixes, unansweredTypes } from './litellm-names.ts'

/** Columns of the table that are read where they are there; the rest may hold prompts and is never touched. */
const table = [
  'request_id',
  'call_type',
  'startTime',
  'endTime',
  'completionStartTime',
  'model',
  'model_group',
  'custom_llm_provider',
  'prompt_tokens',
  'completion_tokens',
  'total_tokens',
  'spend',
  'status',
  'cache_hit',
  'user',
  'end_user',
  'team_id',
  'request_tags',
  'metadata',
] as const
type Column = (typeof table)[number]

const needed = ['request_id', 'call_type', 'startTime', 'prompt_tokens', 'completion_tokens', 'spend'] as const

export const litellm: Importer = {
  name: 'litellm',
  title: 'LiteLLM spend log',
  container: ['jsonl', 'csv', 'parquet'],
  matches: head => head.container !== 'json' && hasColumns(head, needed),
  content,
}

/** Where versions of LiteLLM keep the provider's usage object. */
const usageObjects = [
  ['usage_object'],
  ['additional_usage_values'],
  ['mcp_tool_call_metadata', 'usage_object'],
] as const

/** Counts of the provider's usage, by the places where they were seen in logs. */
const usageKeys = {
  cacheRead: [
    ['cache_read_input_tokens'],
    ['prompt_tokens_details', 'cached_tokens'],
    ['input_tokens_details', 'cached_tokens'],
    ['prompt_cache_hit_tokens'],
  ],
  cacheWrite: [
    ['cache_creation_input_tokens'],
    ['prompt_tokens_details', 'cache_creation_tokens'],
    ['prompt_tokens_details', 'cache_write_tokens'],
    ['input_tokens_details', 'cache_write_tokens'],
  ],
  cacheWrite5m: [
    ['cache_creation', 'ephemeral_5m_input_tokens'],
    ['prompt_tokens_details', 'cache_creation_token_details', 'ephemeral_5m_input_tokens'],
    ['cache_creation_token_details', 'ephemeral_5m_input_tokens'],
  ],
  cacheWrite1h: [
    ['cache_creation', 'ephemeral_1h_input_tokens'],
    ['prompt_tokens_details', 'cache_creation_token_details', 'ephemeral_1h_input_tokens'],
    ['cache_creation_token_details', 'ephemeral_1h_input_tokens'],
  ],
  inputAudio: [
    ['prompt_tokens_details', 'audio_tokens'],
    ['input_tokens_details', 'audio_tokens'],
  ],
  outputAudio: [
    ['completion_tokens_details', 'audio_tokens'],
    ['output_tokens_details', 'audio_tokens'],
  ],
  reasoning: [
    ['completion_tokens_details', 'reasoning_tokens'],
    ['output_tokens_details', 'reasoning_tokens'],
    ['output_tokens_details', 'thinking_tokens'],
  ],
  searches: [
    ['server_tool_use', 'web_search_requests'],
    ['prompt_tokens_details', 'web_search_requests'],
  ],
  usagePrompt: [['prompt_tokens']],
} as const

const notes = [
  'prompt_tokens holds the cached tokens for chat and leaves them out for some versions of anthropic_messages: each row is read by its own total, so that none is counted twice; a row that fits both ways is taken to hold them',
  'request_tags, metadata.spend_logs_metadata and metadata.requester_metadata give feature, workload, task, environment, team and user; the alias of the key gives the workload where nothing else does',
  'failed rows keep the counts that LiteLLM wrote; a successful row of 0 tokens is of unknown usage',
  "spend is LiteLLM's own figure and is kept beside the price computed here",
]

function content(head: Head, options: ImportOptions): Content {
  // A line of JSON names what it has; a table has the columns of its header.
  const has = (column: Column) => head.container === 'jsonl' || head.columns.includes(column)
  const ifAny = (column: Column) => (has(column) ? column : null)
  const inMetadata = (...keys: string[]): CellSource[] => (has('metadata') ? [{ column: 'metadata', keys }] : [])
  const tagged = (tag: string): CellSource[] => (has('request_tags') ? [{ column: 'request_tags', tag }] : [])
  const plain = (column: Column): CellSource[] => (has(column) ? [{ column }] : [])

  const derived: DerivedColumn[] = []
  const keep = (name: string, from: CellSource[], pick: DerivedColumn['pick'] = 'first'): string | null => {
    if (from.length === 0) return null
    derived.push({ name, from, pick })
    return name
  }
  const usage = (kind: keyof typeof usageKeys) =>
    keep(
      `usage ${kind}`,
      usageObjects.flatMap(object => usageKeys[kind].flatMap(keys => inMetadata(...object, ...keys))),
      'greatest',
    )
  const dimension = (kind: keyof typeof dimensionNames, also: CellSource[], last: CellSource[] = []) =>
    keep(kind, [
      ...dimensionNames[kind].flatMap(tagged),
      ...dimensionNames[kind].flatMap(name => [
        ...inMetadata('spend_logs_metadata', name),
        ...inMetadata('requester_metadata', name),
      ]),
      ...also,
      ...dimensionNames[kind].flatMap(name => inMetadata(name)),
      ...last,
    ])

  const [reads, writes] = [usage('cacheRead'), usage('cacheWrite')]
  const [reasoning, promptOfUsage] = [usage('reasoning'), usage('usagePrompt')]
  const [inputAudio, outputAudio] = [usage('inputAudio'), usage('outputAudio')]
  const total = ifAny('total_tokens')
  const part = (column: string | null) =>
    column === null ? null : { column, minus: [], required: false, emptyIsZero: true }
  /** How long writes live is told by few: where it is not, it is unknown. */
  const split = (column: string | null) => (column === null ? null : { column, minus: [], required: false })
  const parts = {
    cacheRead: part(reads),
    cacheWrite: part(writes),
    cacheWrite5m: split(usage('cacheWrite5m')),
    cacheWrite1h: split(usage('cacheWrite1h')),
    inputAudio: part(inputAudio),
    outputAudio: part(outputAudio),
    reasoning: part(reasoning),
    searches: part(usage('searches')),
  }
  const uncounted = total === null ? {} : { unknownIfZero: total }
  const model = keep('served model', [
    ...(has('model') ? [{ column: 'model', behind: ifAny('custom_llm_provider'), among: providerPrefixes }] : []),
    ...plain('model_group'),
  ])
  const provider = keep('served by', [
    ...plain('custom_llm_provider'),
    ...inMetadata('custom_llm_provider'),
    ...(has('model') ? [{ column: 'model', before: providerPrefixes }] : []),
  ])
  const given = givenText(options)
  const text = (column: string | null, field: keyof typeof given) =>
    column === null ? {} : { [field]: { column, fallback: given[field]?.fallback ?? null } }

  const ended = has('endTime')
  return {
    kind: 'rows',
    reading: {
      time: { kind: 'iso', column: 'startTime', spreadMicros: null },
      id: 'request_id',
      text: {
        ...given,
        ...(model === null ? {} : { model: { column: model, fallback: options.model ?? null, strip: bedrockRoutes } }),
        ...(provider === null ? {} : { provider: { column: provider, fallback: options.provider ?? null } }),
        ...text(
          keep(
            'tier',
            usageObjects.flatMap(object => inMetadata(...object, 'service_tier')),
          ),
          'tier',
        ),
        ...text(
          keep(
            'region',
            usageObjects.flatMap(object => inMetadata(...object, 'inference_geo')),
          ),
          'region',
        ),
        ...text(dimension('feature', []), 'feature'),
        ...text(dimension('workload', [], inMetadata('user_api_key_alias')), 'workload'),
        ...text(dimension('task', []), 'task'),
        ...text(dimension('team', [...inMetadata('user_api_key_team_alias'), ...plain('team_id')]), 'team'),
        ...text(dimension('user', [...plain('end_user'), ...plain('user')]), 'user'),
        environment: {
          column: dimension('environment', []),
          fallback: options.environment ?? null,
          names: environmentNames,
        },
      },
      counts: {
        ...Object.fromEntries(Object.entries(parts).filter(([, reading]) => reading !== null)),
        input: {
          column: 'prompt_tokens',
          minus: inputAudio === null ? [] : [inputAudio],
          required: true,
          ...uncounted,
          ...(reads === null || writes === null
            ? {}
            : {
                inOrBeside: {
                  parts: [reads, writes],
                  totals: [
                    ...(total === null ? [] : [{ total, of: ['completion_tokens'] }]),
                    ...(promptOfUsage === null ? [] : [{ total: promptOfUsage, of: [] }]),
                  ],
                  kind: 'apart',
                },
              }),
        },
        output: {
          column: 'completion_tokens',
          minus: outputAudio === null ? [] : [outputAudio],
          required: true,
          ...uncounted,
          // xAI counts reasoning beside the completion, everybody else in it.
          ...(reasoning === null
            ? {}
            : {
                inOrBeside: {
                  parts: [reasoning],
                  totals: total === null ? [] : [{ total, of: ['prompt_tokens'] }],
                  kind: 'whole',
                },
              }),
        },
      },
      none: [
        'cacheRead',
        'cacheWrite',
        'cacheWrite30m',
        'cacheWrite12h',
        'inputAudio',
        'inputImage',
        'outputAudio',
        'outputImage',
        'searches',
      ],
      // LiteLLM writes the end as the first token of an answer that did not stream.
      ttftMs:
        has('completionStartTime') && ended
          ? { from: 'startTime', to: 'completionStartTime', unless: 'endTime' }
          : null,
      latencyMs: ended ? { from: 'startTime', to: 'endTime', unless: null } : null,
      reportedUsd: 'spend',
      outcome: outcomeOf(keep('outcome', [...plain('status'), ...inMetadata('status')])),
      tags: has('model_group') ? { call_type: 'call_type', model_group: 'model_group' } : { call_type: 'call_type' },
      tagList: ifAny('request_tags'),
      prefixBlocks: null,
      derived,
      leaveOut: [
        ...(has('cache_hit')
          ? [
              {
                column: 'cache_hit',
                values: ['true'],
                why: "answered from LiteLLM's own response cache, so no model was called and none would be elsewhere",
              },
            ]
          : []),
        {
          column: 'call_type',
          values: unansweredTypes,
          why: 'work with files, batches, jobs and tools, no calls to a model',
        },
      ],
      shown: [...needed, ...(['total_tokens', 'status'] as const).filter(has)],
      optional: table,
      notes,
    },
  }
}

const outcomeOf = (column: string | null) => (column === null ? null : ({ kind: 'status', column } as const))
