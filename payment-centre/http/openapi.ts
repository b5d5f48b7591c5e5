// The OpenAPI document of the centre's HTTP surface, written from the same table that serves it.
import {
  type ErrorCode,
  errorSchema,
  errorStatus,
  paths,
  scopes,
} from '@concilia/protocol/carrier-billing.ts'
import { z } from 'zod'
import { type Operation, operations } from './operations.ts'
import { commonErrors } from './server.ts'

/** OpenAPI 3.0.3, as plain data. */
export function openApiDocument(version: string) {
  const byPath = Map.groupBy(operations, ({ path }) => path.replace(/:(\w+)/g, '{$1}'))
  return {
    openapi: '3.0.3',
    info: {
      title: 'Concilia payment centre',
      version,
      description:
        'CAMARA Carrier Billing 0.5 and Refund 0.3 (release r3.2) with the extensions of Concilia: ' +
        'price slip and acknowledgement, repeats that get the same bytes, void by key, outcome, eligibility.',
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    servers: [{ url: '/' }],
    paths: {
      ...Object.fromEntries(
        [...byPath].map(([path, rows]) => [path, Object.fromEntries(rows.map(described))]),
      ),
    },
    components: {
      securitySchemes: {
        client: {
          type: 'oauth2',
          flows: {
            clientCredentials: {
              tokenUrl: paths.token,
              scopes: Object.fromEntries(scopes.map((scope) => [scope, scope])),
            },
          },
        },
      },
      schemas: { Error: schemaOf(errorSchema) },
    },
  }
}

function described({ method, operationId, summary, path, scope, body, query, success, errors }: Operation) {
  const requestBody = isEmpty(body) ? {} : { requestBody: { required: true, content: contentOf(body) } }
  const answer = success.schema ? { content: contentOf(success.schema) } : {}
  return [
    method.toLowerCase(),
    {
      operationId,
      summary,
      security: [{ client: [scope] }],
      parameters: [...pathParameters(path), ...queryParameters(query)],
      ...requestBody,
      responses: {
        [success.status]: { description: 'Done', ...answer },
        ...errorResponses([...commonErrors, ...errors]),
      },
    },
  ] as const
}

function errorResponses(codes: readonly ErrorCode[]) {
  const byStatus = Map.groupBy(new Set(codes), (code) => errorStatus[code])
  const content = { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } }
  return Object.fromEntries(
    [...byStatus].map(([status, of]) => [status, { description: of.toSorted().join(', '), content }]),
  )
}

function pathParameters(path: string) {
  return [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
}

function queryParameters(query: z.ZodType) {
  const { properties = {} } = schemaOf(query)
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: false, schema }))
}

function contentOf(schema: z.ZodType) {
  return { 'application/json': { schema: schemaOf(schema) } }
}

function schemaOf(schema: z.ZodType) {
  return z.toJSONSchema(schema, { target: 'openapi-3.0', io: 'input', unrepresentable: 'any' })
}

function isEmpty(schema: z.ZodType): boolean {
  return Object.keys(schemaOf(schema)).length === 0
}
