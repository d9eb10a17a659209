/** OpenAPI documents of scoring endpoints, made from the model's signature. */

interface Column {
  readonly name: string
  readonly type: string
  readonly required?: boolean
  readonly shape?: readonly number[]
}

const jsonTypes: Readonly<Record<string, Record<string, unknown>>> = {
  integer: { type: 'integer', format: 'int32' },
  long: { type: 'integer', format: 'int64' },
  float: { type: 'number', format: 'float' },
  double: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  datetime: { type: 'string', format: 'date-time' },
  string: { type: 'string' },
  binary: { type: 'string', format: 'byte' },
}

export interface OpenApiInput {
  readonly endpoint: string
  readonly deployment: string | undefined
  readonly serverUrl: string
  readonly inputs: unknown
  readonly outputs: unknown
  readonly inputExample: unknown
}

/** An OpenAPI 3.0 document; without a signature any JSON is accepted. */
export function scoringOpenApi(input: OpenApiInput): Record<string, unknown> {
  const columns = columnsOf(input.inputs)
  const request = columns === undefined ? {} : requestSchema(columns)
  return {
    openapi: '3.0.3',
    info: {
      title: input.endpoint,
      version: '1',
      description:
        input.deployment === undefined ? 'No deployment takes traffic.' : `Answered by deployment '${input.deployment}'.`,
    },
    servers: [{ url: input.serverUrl }],
    security: [{ bearer: [] }],
    components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } } },
    paths: {
      '/': {
        get: {
          operationId: 'ServiceHealthCheck',
          summary: 'Liveness.',
          security: [],
          responses: { 200: { description: 'Healthy' } },
        },
      },
      '/score': {
        post: {
          operationId: 'RunMLService',
          summary: 'Scores the rows of the request.',
          parameters: [
            {
              name: 'azureml-model-deployment',
              in: 'header',
              required: false,
              schema: { type: 'string' },
              description: 'Picks a deployment past the traffic rules.',
            },
          ],
          requestBody: { required: true, content: { 'application/json': { schema: request, ...exampleOf(input.inputExample) } } },
          responses: {
            200: {
              description: 'The predictions.',
              content: { 'application/json': { schema: responseSchema(columnsOf(input.outputs)) } },
            },
            401: { description: 'The key or token is missing or wrong.' },
            408: { description: 'Longer than the time limit.' },
            424: { description: 'The model answered with an error.' },
            429: { description: 'Too many requests at once.' },
          },
        },
      },
    },
  }
}

function columnsOf(value: unknown): readonly Column[] | undefined {
  return Array.isArray(value) && value.length > 0 ? (value as Column[]) : undefined
}

function requestSchema(columns: readonly Column[]): Record<string, unknown> {
  const data =
    columns[0]?.type === 'tensor'
      ? { type: 'array', items: {} }
      : {
          type: 'object',
          required: ['columns', 'data'],
          properties: {
            columns: { type: 'array', items: { type: 'string', enum: columns.map((column) => column.name) } },
            index: { type: 'array', items: {} },
            data: { type: 'array', items: { type: 'array', items: {}, minItems: columns.length } },
          },
          'x-columns': columns.map((column) => ({ name: column.name, required: column.required ?? true, ...schemaOf(column) })),
        }
  return { type: 'object', required: ['input_data'], properties: { input_data: data } }
}

function responseSchema(columns: readonly Column[] | undefined): Record<string, unknown> {
  if (columns === undefined) return {}
  const [first] = columns
  if (columns.length === 1 && first !== undefined) return { type: 'array', items: schemaOf(first) }
  return {
    type: 'array',
    items: { type: 'object', properties: Object.fromEntries(columns.map((column) => [column.name, schemaOf(column)])) },
  }
}

function schemaOf(column: Column): Record<string, unknown> {
  return jsonTypes[column.type] ?? {}
}

function exampleOf(example: unknown): Record<string, unknown> {
  return example === null || example === undefined ? {} : { example }
}
