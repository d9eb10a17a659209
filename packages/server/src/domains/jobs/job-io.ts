import { invalid, type JobInput, type JobOutput } from '@fulcrum/contract'
import { dataTypeOf } from './data-types.ts'
import type { StepInput, StepOutput } from './types.ts'

/** Inputs and outputs of jobs as clients send them: camelCase, with `jobInputType` and `jobOutputType`. */

export function jobInput(input: JobInput | null, target: string): StepInput {
  if (input === null) return { kind: 'literal', value: undefined }
  const type = dataTypeOf(input.jobInputType) ?? (input.jobInputType === undefined && input.uri ? 'uri_folder' : undefined)
  if (type === undefined)
    return { kind: 'literal', value: input.value === null || input.value === undefined ? undefined : String(input.value) }
  if (!input.uri) throw invalid(`${target} is of type ${type} and needs a uri.`, { target })
  return { kind: 'data', uri: input.uri, type, mode: input.mode ?? 'ReadOnlyMount' }
}

export function jobOutput(output: JobOutput | null): StepOutput {
  return {
    type: dataTypeOf(output?.jobOutputType) ?? 'uri_folder',
    mode: output?.mode ?? 'ReadWriteMount',
    ...(output?.uri ? { uri: output.uri } : {}),
    ...(output?.assetName ? { assetName: output.assetName } : {}),
    ...(output?.assetVersion ? { assetVersion: output.assetVersion } : {}),
  }
}
