import { invalid } from '@fulcrum/contract'
import { durationMs } from '../duration.ts'
import { objectOf, textOf } from '../types.ts'

/** What callers send when they invoke a batch endpoint: several spellings of the same, members and types without regard to case. */

export interface InvocationInput {
  readonly name: string
  readonly type: 'uri_folder' | 'uri_file' | 'literal' | 'mltable' | 'mlflow_model' | 'custom_model' | 'triton_model'
  readonly uri?: string
  readonly value?: string
}

export interface InvocationOutput {
  readonly name: string
  readonly type: string
  readonly uri?: string
}

/** Settings of one invocation; what is absent comes from the deployment. */
export interface Invocation {
  readonly name?: string
  readonly experimentName?: string
  readonly description?: string
  readonly tags: Readonly<Record<string, string>>
  readonly inputs: readonly InvocationInput[]
  readonly outputs: readonly InvocationOutput[]
  readonly outputFileName?: string
  readonly instanceCount?: number
  readonly miniBatchSize?: number
  readonly maxConcurrencyPerInstance?: number
  readonly errorThreshold?: number
  readonly maxRetries?: number
  readonly timeoutSeconds?: number
  readonly loggingLevel?: string
}

const types = ['uri_folder', 'uri_file', 'literal', 'mltable', 'mlflow_model', 'custom_model', 'triton_model'] as const

/** @throws InvalidRequestContent an input or number that cannot be right */
export function readInvocation(body: Readonly<Record<string, unknown>>): Invocation {
  const properties = membersOf(memberOf(body, 'properties'))
  const further = membersOf(memberOf(properties, 'properties'))
  const retry = membersOf(memberOf(properties, 'retrySettings'))
  const timeout = memberOf(retry, 'timeout')
  return {
    tags: texts(memberOf(properties, 'tags')),
    inputs: readInputs(properties),
    outputs: readOutputs(properties),
    ...optionalText('name', memberOf(properties, 'name')),
    ...optionalText('experimentName', memberOf(further, 'experimentName') ?? memberOf(properties, 'experimentName')),
    ...optionalText('description', memberOf(properties, 'description')),
    ...optionalText('outputFileName', memberOf(properties, 'outputFileName')),
    ...optionalText('loggingLevel', memberOf(properties, 'loggingLevel')),
    ...optionalNumber('instanceCount', memberOf(membersOf(memberOf(properties, 'compute')), 'instanceCount'), 1),
    ...optionalNumber('miniBatchSize', memberOf(properties, 'miniBatchSize'), 1),
    ...optionalNumber('maxConcurrencyPerInstance', memberOf(properties, 'maxConcurrencyPerInstance'), 1),
    ...optionalNumber('errorThreshold', memberOf(properties, 'errorThreshold'), -1),
    ...optionalNumber('maxRetries', memberOf(retry, 'maxRetries'), 0),
    ...(isGiven(timeout)
      ? { timeoutSeconds: Math.max(1, Math.round(durationMs(timeout, 30_000, 'properties.retrySettings.timeout') / 1000)) }
      : {}),
  }
}

function readInputs(properties: Readonly<Record<string, unknown>>): InvocationInput[] {
  const inputs = Object.entries(membersOf(memberOf(properties, 'inputData'))).map(([name, value]) =>
    readInput(name, membersOf(value)),
  )
  if (inputs.length > 0) return inputs
  // The form of earlier API versions: one unnamed data set.
  const dataset = memberOf(properties, 'dataset')
  const uri = textOf(dataset) ?? textOf(memberOf(membersOf(dataset), 'path')) ?? textOf(memberOf(membersOf(dataset), 'datasetId'))
  return uri === undefined ? [] : [{ name: 'UriFolder', type: 'uri_folder', uri }]
}

function readInput(name: string, members: Readonly<Record<string, unknown>>): InvocationInput {
  const target = `properties.inputData.${name}`
  const written = textOf(memberOf(members, 'jobInputType') ?? memberOf(members, 'type'))
  const uri = textOf(memberOf(members, 'uri') ?? memberOf(members, 'path'))
  const value = memberOf(members, 'value')
  const type = written === undefined ? (uri === undefined ? 'literal' : 'uri_folder') : typeOf(written)
  if (type === undefined) throw invalid(`Input '${name}' is of type '${written}'; known types: ${types.join(', ')}.`, { target })
  if (type === 'literal') return { name, type, ...(isGiven(value) ? { value: String(value) } : {}) }
  if (uri === undefined) throw invalid(`Input '${name}' is of type ${type} and needs a uri.`, { target })
  return { name, type, uri }
}

function readOutputs(properties: Readonly<Record<string, unknown>>): InvocationOutput[] {
  const outputs = Object.entries(membersOf(memberOf(properties, 'outputData'))).map(([name, value]): InvocationOutput => {
    const members = membersOf(value)
    const uri = textOf(memberOf(members, 'uri') ?? memberOf(members, 'path'))
    const type = typeOf(textOf(memberOf(members, 'jobOutputType') ?? memberOf(members, 'type')) ?? 'uri_folder') ?? 'uri_folder'
    return { name, type, ...(uri === undefined ? {} : { uri }) }
  })
  if (outputs.length > 0) return outputs
  const dataset = membersOf(memberOf(properties, 'outputDataset'))
  const [datastore, path] = [textOf(memberOf(dataset, 'datastoreId')), textOf(memberOf(dataset, 'path'))]
  if (datastore === undefined && path === undefined) return []
  const name = (datastore ?? 'workspaceblobstore').split('/').at(-1)
  return [{ name: 'score', type: 'uri_folder', uri: `azureml://datastores/${name}/paths/${(path ?? '').replace(/^\/+/, '')}` }]
}

function typeOf(text: string): InvocationInput['type'] | undefined {
  const plain = text.replaceAll('_', '').toLowerCase()
  return types.find((type) => type.replaceAll('_', '') === plain)
}

/** A member of an object by its name in any case. */
function memberOf(members: Readonly<Record<string, unknown>>, name: string): unknown {
  const key = name in members ? name : Object.keys(members).find((given) => given.toLowerCase() === name.toLowerCase())
  return key === undefined ? undefined : members[key]
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return objectOf(value)
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function texts(value: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(membersOf(value)).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
  )
}

function optionalText<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  const text = textOf(value)
  return text === undefined ? {} : ({ [name]: text } as Record<Name, string>)
}

function optionalNumber<Name extends string>(name: Name, value: unknown, least: number): Partial<Record<Name, number>> {
  if (!isGiven(value)) return {}
  const found = Number(value)
  if (Number.isInteger(found) && found >= least) return { [name]: found } as Record<Name, number>
  throw invalid(`${name} is '${String(value)}'; it must be a whole number from ${least}.`, { target: `properties.${name}` })
}
