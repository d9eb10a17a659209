import { allOperations, errorCatalogue, type Operation } from '@fulcrum/contract'
import { z } from 'zod'

export const serverVersion = '0.1.0'

/** The committed form of the document. */
export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(serverVersion), undefined, 1)}\n`
}

/** OpenAPI 3.1, generated from the operation table. */
export function openApiDocument(version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const operation of allOperations) {
    for (const path of [operation.path, ...(operation.aliases ?? [])]) {
      const key = path.replaceAll('*}', '}')
      paths[key] = { ...paths[key], [operation.method.toLowerCase()]: describe(operation) }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Fulcrum', version, license: { name: 'Apache-2.0' } },
    paths: Object.fromEntries(Object.entries(paths).toSorted(([left], [right]) => (left < right ? -1 : 1))),
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: {
          type: 'object',
          properties: {
            error: { type: 'object', properties: { code: { enum: Object.keys(errorCatalogue) }, message: { type: 'string' } } },
          },
        },
      },
    },
    security: [{ bearer: [] }],
  }
}

function describe(operation: Operation): Record<string, unknown> {
  return {
    operationId: operation.id,
    summary: operation.summary,
    'x-fulcrum-action': operation.action,
    'x-fulcrum-plane': operation.plane,
    ...(operation.action === 'public' ? { security: [] } : {}),
    ...(operation.longRunning === true ? { 'x-ms-long-running-operation': true } : {}),
    parameters: [...operation.path.matchAll(/\{(\w+)\*?\}/g)].map((match) => ({
      name: match[1],
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...(operation.body === undefined
      ? {}
      : { requestBody: { content: { 'application/json': { schema: jsonSchema(operation.body, 'input') } } } }),
    responses: {
      ...Object.fromEntries(
        operation.success.map((status) => [
          String(status),
          {
            description: 'Success',
            ...(operation.response === undefined || status === 204
              ? {}
              : { content: { 'application/json': { schema: jsonSchema(operation.response, 'output') } } }),
          },
        ]),
      ),
      default: { description: 'Error', content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } },
    },
  }
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): unknown {
  return z.toJSONSchema(schema, { unrepresentable: 'any', io })
}
