import { invalid } from '@fulcrum/contract'
import type { OutputReference, StepInput, StepOutputs } from '../types.ts'

/** Inputs once the steps before have ended. Pure. */

/** The outputs of steps that an input is made of. */
export function sourcesOf(input: StepInput): OutputReference[] {
  if (input.kind === 'stepOutput') return [{ step: input.step, output: input.output }]
  return input.kind === 'text' ? input.parts.flatMap(sourcesOf) : []
}

/** Names of the steps that inputs come from, each once. */
export function sourceSteps(inputs: Readonly<Record<string, StepInput>>): string[] {
  return [...new Set(Object.values(inputs).flatMap((input) => sourcesOf(input).map(({ step }) => step)))]
}

/** A control output becomes its value and a text with values in it is put together; data stays as it is. @throws InvalidRequestContent */
export function settleInput(input: StepInput, outputs: ReadonlyMap<string, StepOutputs>): StepInput {
  if (input.kind === 'stepOutput') {
    const value = outputs.get(input.step)?.[input.output]?.value
    return value === undefined ? input : { kind: 'literal', value }
  }
  if (input.kind !== 'text') return input
  return { kind: 'literal', value: input.parts.map((part) => valueOf(part, outputs)).join('') }
}

/** The value of an input that must be a literal by now. @throws InvalidRequestContent it has none */
export function valueOf(input: StepInput, outputs: ReadonlyMap<string, StepOutputs>): string {
  const settled = settleInput(input, outputs)
  if (settled.kind === 'literal' && settled.value !== undefined) return settled.value
  if (settled.kind === 'stepOutput')
    throw invalid(
      `Step '${settled.step}' left no value in its output '${settled.output}': a control output is a file into which the step writes one value.`,
    )
  throw invalid('A value is needed here, but this input is data or has no value.')
}
