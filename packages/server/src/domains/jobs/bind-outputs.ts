import { invalid } from '@fulcrum/contract'
import { dataTypeOf } from './data-types.ts'
import { membersOf, optional, textOf, type Level } from './component-members.ts'
import type { ControlType } from './control-flow/control-types.ts'
import { controlTypeOf } from './control-flow/control-values.ts'
import type { Members } from './plan-types.ts'
import { parseBinding } from './expressions.ts'
import type { StepOutput } from './types.ts'

/** Outputs of nodes, and which of them are outputs of the pipeline. */

/** The parent's output that a node's output is bound to. */
export function bindingOfOutput(value: unknown): string | undefined {
  const text = textOf(value) ?? textOf(membersOf(value)['value']) ?? textOf(membersOf(value)['path'])
  const path = text === undefined ? undefined : parseBinding(text)
  return path?.[0] === 'parent' && path[1] === 'outputs' ? path[2] : undefined
}

export function boundOutput(level: Level, node: Members, output: string): string | undefined {
  const outer = bindingOfOutput(membersOf(node['outputs'])[output])
  return outer === undefined ? undefined : level.outputBindings[outer]
}

export function nodeOutputs(level: Level, node: Members, component: Members): Record<string, StepOutput> {
  const declared = component === node ? {} : membersOf(component['outputs'])
  const own = membersOf(node['outputs'])
  const names = [...new Set([...Object.keys(declared), ...Object.keys(own)])]
  return Object.fromEntries(names.map((name) => [name, nodeOutput(level, own[name], membersOf(declared[name]))]))
}

function nodeOutput(level: Level, value: unknown, declared: Members): StepOutput {
  const members = membersOf(value)
  const outer = bindingOfOutput(value)
  const pipelineOutput = outer === undefined ? undefined : level.outputBindings[outer]
  if (outer !== undefined && !(outer in level.outputBindings)) {
    throw invalid(`A step writes \${{parent.outputs.${outer}}}, but the pipeline has no output '${outer}'.`, {
      target: `properties.outputs.${outer}`,
    })
  }
  const above = outer === undefined ? {} : membersOf(level.declaredOutputs[outer])
  const types = [members['job_output_type'], members['type'], declared['type'], above['jobOutputType']].map(dataTypeOf)
  const modes = [members['mode'], above['mode'], declared['mode']].map(textOf)
  const control = types.some((type) => type !== undefined)
    ? undefined
    : controlOf([members, declared, { type: above['jobOutputType'] }])
  return {
    ...typed(
      types.find((type) => type !== undefined),
      control,
    ),
    mode: modes.find((mode) => mode !== undefined) ?? 'ReadWriteMount',
    ...optional('uri', textOf(above['uri']) ?? (outer === undefined ? textOf(members['uri'] ?? members['path']) : undefined)),
    ...optional('pipelineOutput', pipelineOutput),
    ...optional('assetName', textOf(above['assetName']) ?? textOf(members['asset_name'] ?? members['name'])),
    ...optional('assetVersion', textOf(above['assetVersion']) ?? textOf(members['asset_version'] ?? members['version'])),
  }
}

/** A control output is a file with one value in it. */
function typed(type: string | undefined, control: ControlType | undefined): Pick<StepOutput, 'type' | 'control'> {
  return control === undefined ? { type: type ?? 'uri_folder' } : { type: 'uri_file', control }
}

/** The type of a literal output; one that only says `is_control` is a text. */
function controlOf(sources: readonly Members[]): ControlType | undefined {
  const types = sources.flatMap((source) => [source['job_output_type'], source['type']]).map(controlTypeOf)
  const isControl = sources.some((source) => source['is_control'] === true)
  return types.find((type) => type !== undefined) ?? (isControl ? 'string' : undefined)
}
