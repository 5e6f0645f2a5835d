// The table of operations → the OpenAPI 3.1 document that the server serves at /openapi.json.
import { z } from 'zod'
import { type Operation, pathOf } from './operation.ts'

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['code', 'message', 'where', 'fix'],
      properties: {
        code: { type: 'string' },
        message: { type: 'string' },
        where: { type: ['string', 'null'] },
        fix: { type: ['string', 'null'] },
      },
    },
  },
}

/** One path per operation: parameters in the query (GET, or a file as body) or as a JSON body (POST). */
export function openApi(operations: readonly Operation<never, unknown>[], version: string): Record<string, unknown> {
  return {
    openapi: '3.1.0',
    info: { title: 'Crossline', version, license: { name: 'Apache-2.0' } },
    paths: {
      ...Object.fromEntries(
        operations.map(operation => [pathOf(operation), { [operation.method.toLowerCase()]: describe(operation) }]),
      ),
      '/api/gateway': { get: gatewayStatus },
    },
    components: { schemas: { Error: errorSchema } },
  }
}

/** No operation: the processes that relay answer it themselves, also while the ledger is away. */
const gatewayStatus = {
  operationId: 'gateway',
  summary:
    'How the gateway fares: calls metered, passed unmetered (by name) and lost, and what the ledger does not have yet.',
  responses: { 200: { description: 'The status.', content: json({}) } },
}

function describe(operation: Operation<never, unknown>): Record<string, unknown> {
  const { $schema: _, ...schema } = z.toJSONSchema(operation.params, { unrepresentable: 'any', io: 'input' })
  const error = {
    description: 'What is wrong, where, and what to do.',
    content: json({ $ref: '#/components/schemas/Error' }),
  }
  const inQuery = operation.method === 'GET' || operation.takesFile
  const required = new Set(schema.required ?? [])
  const query = Object.entries(schema.properties ?? {}).map(([name, property]) => ({
    name,
    in: 'query',
    required: required.has(name),
    schema: property,
    ...(typeof property === 'object' && (property.type === 'array' || property.type === 'object')
      ? { style: 'form', explode: false }
      : {}),
  }))
  const bytes = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } }
  return {
    operationId: operation.name,
    summary: operation.summary,
    ...(inQuery ? { parameters: query } : { requestBody: { content: json(schema) } }),
    ...(operation.takesFile ? { requestBody: { required: true, content: bytes } } : {}),
    responses: {
      200: {
        description: 'The result; as NDJSON with progress lines when application/x-ndjson is accepted.',
        content: json({}),
      },
      400: error,
      403: error,
      503: error,
    },
  }
}

function json(schema: object): object {
  return { 'application/json': { schema } }
}
