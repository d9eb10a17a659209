import { settleInput } from '../control-flow/settle-input.ts'
import { textOfValue } from './search-space.ts'
import type { StepInput, StepOutput, StepOutputs, StepSpec } from '../types.ts'
import type { ParameterValue } from './types.ts'

/** A trial as a command step: the sweep's own members with its parameters filled in. Pure. */

const searchSpaceExpression = /\$\{\{\s*search_space\.([\w-]+)\s*\}\}/g

export function trialSpec(
  sweep: StepSpec,
  trial: {
    readonly name: string
    readonly sweepName: string
    readonly number: number
    readonly parameters: Readonly<Record<string, ParameterValue>>
    /** What the steps before it published, by step name. */
    readonly sources: ReadonlyMap<string, StepOutputs>
  },
): StepSpec {
  const { sweep: settings, timeoutMs: _timeout, ...rest } = sweep
  const texts = Object.fromEntries(Object.entries(trial.parameters).map(([name, value]) => [name, textOfValue(value)]))
  const trialTimeoutMs = settings?.trialTimeoutMs
  return {
    ...rest,
    type: 'command',
    command: sweep.command.replace(searchSpaceExpression, (whole, name: string) => texts[name] ?? whole),
    // Components name the parameter as an input, jobs in the search space; both find it.
    inputs: { ...resolveSources(sweep.inputs, trial.sources), ...literals(texts) },
    outputs: Object.fromEntries(Object.entries(sweep.outputs).map(([name, output]) => [name, ownOutput(output, trial.name)])),
    environmentVariables: {
      ...sweep.environmentVariables,
      ...Object.fromEntries(Object.entries(texts).map(([name, text]) => [`AZUREML_SWEEP_${name}`, text])),
    },
    displayName: trial.name,
    mayReuse: false,
    parentJobName: trial.sweepName,
    ...(trialTimeoutMs === undefined ? {} : { timeoutMs: trialTimeoutMs }),
  }
}

function literals(texts: Readonly<Record<string, string>>): Record<string, StepInput> {
  return Object.fromEntries(Object.entries(texts).map(([name, value]) => [name, { kind: 'literal', value }]))
}

/** A trial is a job of its own: what other steps of the pipeline made, it reads by address. */
function resolveSources(inputs: StepSpec['inputs'], sources: ReadonlyMap<string, StepOutputs>): Record<string, StepInput> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, given]) => {
      const input = settleInput(given, sources)
      if (input.kind !== 'stepOutput') return [name, input]
      const found = sources.get(input.step)?.[input.output]
      return [
        name,
        found === undefined
          ? input
          : {
              kind: 'data',
              uri: found.uri,
              type: found.jobOutputType,
              mode: input.mode,
              ...(found.files === 0 ? { empty: true } : {}),
            },
      ]
    }),
  )
}

/** Trials must not overwrite each other; names of assets and of the pipeline's outputs belong to the best one, when the sweep ends. */
function ownOutput(
  { uri, pipelineOutput: _outer, assetName: _name, assetVersion: _version, ...output }: StepOutput,
  trialName: string,
): StepOutput {
  if (uri === undefined) return output
  const own = /\$\{\{\s*name\s*\}\}/.test(uri) ? uri : `${uri.replace(/\/*$/, '')}/${trialName}/`
  return { ...output, uri: own }
}
