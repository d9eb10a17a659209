import { invalid, nearest } from '@fulcrum/contract'
import { isTrue, membersOf, textOf } from './component-members.ts'
import type { ControlType } from './control-flow/control-types.ts'
import { dataTypeOf } from './data-types.ts'
import type { Members, PlannedStep } from './plan-types.ts'
import type { StepInput } from './types.ts'

/**
 * Whether what is given to a component's inputs fits what the component declares: names, presence, types, ranges. Only components
 * declare; a command that stands in the pipeline itself takes what it is given, as in Azure.
 */
export interface Port {
  /** Who has the input: `step 'outer/inner'`, or `the pipeline`. */
  readonly owner: string
  readonly input: string
  /** Where it stands in the request. */
  readonly target: string
  readonly declared: Members
  readonly given: StepInput
}

interface NodePorts {
  /** Whole name of the step; absent for the pipeline itself. */
  readonly step?: string
  readonly node: Members
  readonly component: Members
  /** What the node gives, before the component's defaults. */
  readonly inputs: Readonly<Record<string, StepInput>>
  readonly type: string
}

/** Components of other kinds (flows, AutoML, Spark) take inputs that they do not declare. */
const strictTypes = new Set(['', 'command', 'parallel', 'pipeline', 'sweep'])

/** The declared inputs of a node that have a value. @throws InvalidRequestContent one is missing, or given but not declared */
export function portsOf({ step, node, component, inputs, type }: NodePorts): Port[] {
  if (component === node || !strictTypes.has(type)) return []
  const owner = step === undefined ? 'the pipeline' : `step '${step}'`
  const place = step === undefined ? 'properties.inputs' : `properties.jobs.${step}.inputs`
  const declared = membersOf(component['inputs'])
  const known = Object.keys(declared)
  const searched = new Set(Object.keys(membersOf(node['search_space'])))
  for (const input of Object.keys(inputs)) {
    if (input in declared) continue
    const hint = nearest(input, known)
    throw invalid(
      `${capital(owner)} gives a value to input '${input}', which its component does not have.${hint === undefined ? ` It has: ${known.join(', ') || 'none'}.` : ` Did you mean '${hint}'?`}`,
      { target: `${place}.${input}` },
    )
  }
  return known.flatMap((input): Port[] => {
    const members = membersOf(declared[input])
    const given = inputs[input]
    if (given !== undefined && (given.kind !== 'literal' || given.value !== undefined))
      return [{ owner, input, target: `${place}.${input}`, declared: members, given }]
    const mayMiss =
      isTrue(members['optional']) || (members['default'] !== undefined && members['default'] !== null) || searched.has(input)
    if (mayMiss) return []
    throw invalid(
      `${capital(owner)} gives no value to input '${input}'${typeText(members)}, which its component requires. Give it one, or declare a default or 'optional: true' there.`,
      { target: `${place}.${input}` },
    )
  })
}

/** Types of what is bound to each port; called once all steps are planned, for outputs of steps that come later in the file. */
export function checkPorts(ports: readonly Port[], steps: readonly PlannedStep[]): void {
  const outputs = new Map(steps.map((step) => [step.name, step.spec.outputs]))
  for (const port of ports) {
    const { given } = port
    if (given.kind === 'literal') checkLiteral(port, given.value ?? '')
    else if (given.kind === 'data') checkData(port, given.type, `data of type ${given.type}`)
    else if (given.kind === 'stepOutput') {
      const output = outputs.get(given.step)?.[given.output]
      const type = output?.type
      // A control output gives its value.
      if (output?.control !== undefined) checkValue(port, output.control, given)
      else if (type !== undefined)
        checkData(port, type, `output '${given.output}' of step '${given.step}', which is of type ${type}`)
    }
  }
}

function checkValue(port: Port, type: ControlType, given: { readonly step: string; readonly output: string }): void {
  const wanted = textOf(port.declared['type'])
  if (dataTypeOf(wanted) === undefined) return
  throw wrong(port, `takes ${wanted}, but gets output '${given.output}' of step '${given.step}', which is a value (${type})`)
}

function checkData(port: Port, source: string, what: string): void {
  const from = dataTypeOf(source)
  const wanted = textOf(port.declared['type'])
  if (from === undefined || wanted === undefined) return
  const to = dataTypeOf(wanted)
  if (to === undefined ? literalTypes.has(wanted.toLowerCase()) : !fits(from, to))
    throw wrong(port, `takes ${wanted}, but gets ${what}${adviceFor(from, to)}`)
}

/**
 * A file is no folder. A model or table is a folder, a folder may hold any of them, and a custom model may be either; a model of one
 * kind is no other kind, and no table.
 */
function fits(from: string, to: string): boolean {
  if (from === to || from === 'custom_model' || to === 'custom_model') return true
  if (from === 'uri_file' || to === 'uri_file') return false
  return from === 'uri_folder' || to === 'uri_folder'
}

function adviceFor(from: string, to: string | undefined): string {
  if (to === undefined) return '; a file or folder is no value'
  if (from === 'uri_file') return '; a file is no folder: declare one of them with the type of the other'
  return to === 'uri_file' ? '; a folder is no file: declare one of them with the type of the other' : ''
}

const literalTypes = new Set(['string', 'number', 'integer', 'boolean'])

function checkLiteral(port: Port, value: string): void {
  const type = textOf(port.declared['type'])?.toLowerCase()
  if (type === undefined) return
  const shown = `'${value.slice(0, 100)}'`
  if (dataTypeOf(type) !== undefined) throw wrong(port, `takes ${type}, but gets the value ${shown}; bind data to it`)
  if (type === 'boolean' && !/^(true|false)$/i.test(value)) throw wrong(port, `takes true or false, but gets ${shown}`)
  if (type === 'integer' || type === 'number') checkNumber(port, type, value)
  const choices = port.declared['enum']
  if (Array.isArray(choices) && choices.length > 0 && !choices.some((choice) => String(choice) === value))
    throw wrong(port, `takes one of ${choices.map(String).join(', ')}, but gets ${shown}`)
}

function checkNumber(port: Port, type: 'integer' | 'number', value: string): void {
  const number = value.trim() === '' ? Number.NaN : Number(value)
  // Python writes these where JavaScript does not read them.
  if (type === 'number' && /^[+-]?(inf|infinity|nan)$/i.test(value)) return
  if (!Number.isFinite(number))
    throw wrong(port, `takes ${type === 'integer' ? 'a whole number' : 'a number'}, but gets '${value.slice(0, 100)}'`)
  if (type === 'integer' && !Number.isInteger(number)) throw wrong(port, `takes a whole number, but gets ${value}`)
  const [min, max] = [bound(port.declared['min']), bound(port.declared['max'])]
  if (min !== undefined && number < min) throw wrong(port, `takes ${min} or more, but gets ${value}`)
  if (max !== undefined && number > max) throw wrong(port, `takes ${max} or less, but gets ${value}`)
}

function bound(value: unknown): number | undefined {
  if (value === undefined || value === null || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function wrong(port: Port, what: string): Error {
  return invalid(`Input '${port.input}' of ${port.owner} ${what}.`, { target: port.target })
}

function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1)
}

function typeText(declared: Members): string {
  const type = textOf(declared['type'])
  return type === undefined ? '' : ` (${type})`
}
