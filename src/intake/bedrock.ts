// Bedrock's model-invocation logs (as S3 keeps them, or as CloudWatch hands them out) as calls.
import { noUsage } from '../core/meter/usage.ts'
import { bedrockAnswer } from './bedrock-answer.ts'
import { attributed, labelsOf } from './dimension-names.ts'
import type { Importer } from './importer.ts'
import { firstRecords, logged } from './logged.ts'
import { type Logged, oneCall } from './logged-call.ts'
import { isObject, type Json } from './pages.ts'
import { neededTime, objectCell, textCell } from './record-cells.ts'

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html */
export const bedrock: Importer = {
  name: 'bedrock',
  title: 'Bedrock model-invocation log',
  container: ['jsonl', 'json'],
  matches: head =>
    (head.container === 'jsonl' || head.container === 'json') &&
    firstRecords(head).some(record => within(record).schemaType === schema),
  content: head =>
    logged(
      head,
      [
        'cached tokens stand beside inputTokenCount; of an answer that the log holds only the counts and the model are read',
        'requestMetadata gives feature, workload, task, environment and team; where it says nothing, the role that called is the workload and its session the user',
      ],
      record => {
        const log = within(record)
        return oneCall(textCell(log, 'requestId'), () => invocation(log))
      },
    ),
}

const schema = 'ModelInvocationLog'

/** The record itself, or that in the message of an event. */
const within = (record: Json): Json =>
  'schemaType' in record ? record : (objectCell(record, 'message', '@message') ?? record)

function invocation(log: Json): Logged {
  const type = textCell(log, 'schemaType')
  if (type !== schema) return { leftOut: `records of type ${type ?? 'none'}, no calls to a model` }
  const answer = bedrockAnswer(log)
  const failed = textCell(log, 'errorCode') !== null
  const { dimensions, tags } = attributed(labelsOf(objectCell(log, 'requestMetadata')))
  const operation = textCell(log, 'operation')
  return {
    call: {
      id: textCell(log, 'requestId') ?? '',
      atMicros: neededTime(log, 'timestamp'),
      provider: 'aws',
      model: modelOf(textCell(log, 'modelId'), answer.model),
      usage: failed && answer.usage.input === null ? noUsage : answer.usage,
      tier: answer.tier,
      region: textCell(log, 'region'),
      outcome: failed ? 'failed' : 'ok',
      latencyMs: answer.latencyMs,
      ttftMs: answer.ttftMs,
      attribution: { ...principalOf(isObject(log.identity) ? textCell(log.identity, 'arn') : null), ...dimensions },
      tags: operation === null ? tags : { ...tags, operation },
    },
  }
}

/**
 * The name without its ARN. A profile of one's own, a provisioned or an imported model say nothing of what serves: then the
 * answer names the model, where the log holds it.
 */
function modelOf(id: string | null, answered: string | null): string | null {
  const [, kind, name] = /^arn:aws[^:]*:bedrock:[^:]*:[^:]*:([^/]+)\/(.+)$/.exec(id ?? '') ?? []
  if (name === undefined) return id ?? answered
  return kind === 'foundation-model' || kind === 'inference-profile' ? name : (answered ?? `${kind}/${name}`)
}

/** `…:assumed-role/ROLE/SESSION`, `…:user/NAME`. Sessions that a machine named are no users. */
function principalOf(arn: string | null): { readonly workload?: string; readonly user?: string } {
  const [, role, session] = /:assumed-role\/(?:.*\/)?([^/]+)\/([^/]+)$/.exec(arn ?? '') ?? []
  if (role !== undefined && session !== undefined) {
    const isNamed = !/^(i-[0-9a-f]+|[\w-]*session[\w-]*|aws-sdk[\w-]*|\d+|[0-9a-f-]{16,})$/i.test(session)
    return { workload: role, ...(isNamed ? { user: session } : {}) }
  }
  const [, user] = /:user\/(?:.*\/)?([^/]+)$/.exec(arn ?? '') ?? []
  return user === undefined ? {} : { user }
}
