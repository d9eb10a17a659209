import { armId, invalid, notSupported } from '@fulcrum/contract'
import type { JsonObject } from '../../../kernel/tables.ts'
import { isExpression, parseExpression, type Expression } from './expression.ts'
import { callFunction, textOf, type Surroundings } from './functions.ts'

/** A resource that a template asks for, with nothing left to evaluate. */
export interface PlannedResource {
  readonly id: string
  readonly type: string
  readonly body: JsonObject
}

export interface PlannedDeployment {
  readonly resources: readonly PlannedResource[]
  readonly outputs: JsonObject
}

const maximumDepth = 50

/**
 * Evaluates a deployment template.
 * @param given the `parameters` of the deployment: `{ name: { value } }`
 * @throws InvalidRequestContent · NotSupported
 */
export function planTemplate(template: JsonObject, given: JsonObject, around: Surroundings): PlannedDeployment {
  const evaluator = new Evaluator(template, given, around)
  const resources = evaluator.resources(template['resources'])
  const outputs = Object.fromEntries(
    Object.entries(objectOf(template['outputs'])).map(([name, output]) => {
      const { type, value } = objectOf(output)
      return [name, { type, value: evaluator.evaluate(value) }]
    }),
  )
  return { resources, outputs }
}

class Evaluator {
  readonly #parameters: JsonObject
  readonly #given: JsonObject
  readonly #variables: JsonObject
  readonly #around: Surroundings
  readonly #busy = new Set<string>()

  constructor(template: JsonObject, given: JsonObject, around: Surroundings) {
    this.#parameters = objectOf(template['parameters'])
    this.#given = given
    this.#variables = objectOf(template['variables'])
    this.#around = around
    const unknown = Object.keys(given).find((name) => this.#declaration(name) === undefined)
    if (unknown !== undefined)
      throw invalid(`The template has no parameter '${unknown}'; it has: ${Object.keys(this.#parameters).join(', ')}.`, {
        target: `properties.parameters.${unknown}`,
      })
  }

  resources(list: unknown, parent?: { type: string; name: string }): PlannedResource[] {
    if (list !== undefined && !Array.isArray(list))
      throw notSupported('A template with symbolic names of resources', 'Send the resources as a list.')
    return ((list ?? []) as unknown[]).flatMap((entry) => this.#resource(objectOf(entry), parent))
  }

  #resource(entry: JsonObject, parent: { type: string; name: string } | undefined): PlannedResource[] {
    const { condition = true, copy, type: ownType, name: ownName, resources, ...rest } = entry
    const isWanted = this.evaluate(condition)
    if (isWanted !== true && textOf(isWanted).toLowerCase() !== 'true') return []
    if (copy !== undefined) throw notSupported('`copy` in a template', 'List each resource.')
    const type = parent === undefined ? textOf(ownType) : `${parent.type}/${textOf(ownType)}`
    const name = parent === undefined ? textOf(this.evaluate(ownName)) : `${parent.name}/${textOf(this.evaluate(ownName))}`
    const { apiVersion: _apiVersion, dependsOn: _dependsOn, comments: _comments, scope, ...members } = rest
    if (scope !== undefined) throw notSupported('`scope` of a resource in a template')
    const body = objectOf(this.evaluate(members))
    return [{ id: this.#idOf(type, name), type, body }, ...this.resources(resources, { type, name })]
  }

  #idOf(type: string, name: string): string {
    const [namespace = '', ...types] = type.split('/')
    const names = name.split('/')
    if (types.length !== names.length || types.length === 0)
      throw invalid(`The name '${name}' has not as many parts as its type '${type}'.`, { target: 'properties.template' })
    return armId(
      this.#around.subscriptionId,
      this.#around.resourceGroup,
      namespace,
      types.map((segment, index) => [segment, names[index] ?? '']),
    )
  }

  /** Values with every expression in them replaced by what it gives; keys may be expressions as well. */
  evaluate(value: unknown, depth = 0): unknown {
    if (depth > maximumDepth)
      throw invalid(`The template is nested deeper than ${maximumDepth} levels.`, { target: 'properties.template' })
    if (typeof value === 'string') {
      if (isExpression(value)) return this.#run(parseExpression(value))
      return value.startsWith('[[') ? value.slice(1) : value
    }
    if (Array.isArray(value)) return value.map((item) => this.evaluate(item, depth + 1))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [textOf(this.evaluate(name)), this.evaluate(member, depth + 1)]),
    )
  }

  #run(expression: Expression): unknown {
    if (expression.kind === 'literal') return expression.value
    if (expression.kind === 'member') return memberOf(this.#run(expression.of), this.#run(expression.name))
    const [first, second, third] = expression.arguments
    switch (expression.name.toLowerCase()) {
      // Only the branch that is taken: the other may name what is not there.
      case 'if': {
        const chosen = first !== undefined && this.#run(first) === true ? second : third
        return chosen === undefined ? null : this.#run(chosen)
      }
      case 'parameters':
        return this.#guarded(`parameter '${this.#text(first)}'`, () => this.#parameter(this.#text(first)))
      case 'variables':
        return this.#guarded(`variable '${this.#text(first)}'`, () => this.#variable(this.#text(first)))
      default:
        return callFunction(
          expression.name,
          expression.arguments.map((argument) => this.#run(argument)),
          this.#around,
        )
    }
  }

  #text(expression: Expression | undefined): string {
    return expression === undefined ? '' : textOf(this.#run(expression))
  }

  #parameter(name: string): unknown {
    const declaration = this.#declaration(name)
    if (declaration === undefined)
      throw invalid(`The template uses the parameter '${name}' but does not declare it.`, { target: 'properties.template' })
    if (/^secure/i.test(textOf(declaration['type'])))
      throw notSupported(`The parameter '${name}' of a secure type`, 'Templates here make workspaces, which need no secrets.')
    const key = Object.keys(this.#given).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    const given = key === undefined ? undefined : objectOf(this.#given[key])
    if (given !== undefined && 'reference' in given) throw notSupported(`The reference to a key vault in the parameter '${name}'`)
    if (given !== undefined && given['value'] !== undefined) return given['value']
    if ('defaultValue' in declaration) return this.evaluate(declaration['defaultValue'])
    throw invalid(`The parameter '${name}' has no value and no default.`, { target: `properties.parameters.${name}` })
  }

  #variable(name: string): unknown {
    const key = Object.keys(this.#variables).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    if (key === undefined)
      throw invalid(`The template uses the variable '${name}' but does not define it.`, { target: 'properties.template' })
    return this.evaluate(this.#variables[key])
  }

  #declaration(name: string): JsonObject | undefined {
    const key = Object.keys(this.#parameters).find((candidate) => candidate.toLowerCase() === name.toLowerCase())
    return key === undefined ? undefined : objectOf(this.#parameters[key])
  }

  #guarded(what: string, work: () => unknown): unknown {
    if (this.#busy.has(what)) throw invalid(`The template's ${what} depends on itself.`, { target: 'properties.template' })
    this.#busy.add(what)
    try {
      return work()
    } finally {
      this.#busy.delete(what)
    }
  }
}

function memberOf(value: unknown, name: unknown): unknown {
  if (Array.isArray(value)) return value[Number(name)]
  const found = Object.entries(objectOf(value)).find(([key]) => key.toLowerCase() === textOf(name).toLowerCase())
  if (found === undefined)
    throw invalid(`A template expression asks for the member '${textOf(name)}', which is not there.`, {
      target: 'properties.template',
    })
  return found[1]
}

function objectOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
}
