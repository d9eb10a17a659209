import { invalid, nearest } from '@fulcrum/contract'

/** Expressions of commands and bindings: `${{ inputs.x }}`, `${{ parent.jobs.a.outputs.b }}`, optional parts `$[[ … ]]`. */

const expression = /\$\{\{\s*([^{}]*?)\s*\}\}/g
const wholeExpression = /^\s*\$\{\{\s*([^{}]*?)\s*\}\}\s*$/
const optionalPart = /\$\[\[((?:(?!\$\[\[|\]\]).)*)\]\]/gs

/** The path inside a text that is one expression and nothing else, e.g. `['parent', 'inputs', 'x']`. */
export function parseBinding(text: string): string[] | undefined {
  return wholeExpression.exec(text)?.[1]?.split('.')
}

export interface CommandValues {
  /** Literal text or local path; `undefined` = optional without a value. */
  readonly inputs: Readonly<Record<string, string | undefined>>
  readonly outputs: Readonly<Record<string, string>>
  readonly searchSpace?: Readonly<Record<string, string>>
}

/**
 * Fills a command. An optional part disappears as a whole when one of its inputs has no value.
 * @throws InvalidRequestContent an expression names nothing that is there
 */
export function fillCommand(template: string, values: CommandValues): string {
  const shortened = template.replace(optionalPart, (_part, inner: string) => {
    const missing = [...inner.matchAll(expression)].some(([, path = '']) => valueOf(path, values) === undefined)
    return missing ? '' : inner
  })
  return shortened.replace(expression, (whole, path: string) => {
    const value = valueOf(path, values)
    if (value !== undefined) return value
    throw invalid(`The command uses ${whole}, which has no value; put it in $[[ … ]] or give the input a value.`, {
      target: 'command',
    })
  })
}

/**
 * Every expression of a command names an input, output or search-space parameter. In an optional part an input may be absent:
 * then the part disappears. @throws InvalidRequestContent
 */
export function checkCommand(
  template: string,
  names: { inputs: readonly string[]; outputs: readonly string[]; searchSpace?: readonly string[]; target: string },
): void {
  const optional = new Set(
    [...template.matchAll(optionalPart)].flatMap(([, inner = '']) => [...inner.matchAll(expression)].map(([, path]) => path)),
  )
  for (const [whole, path = ''] of template.matchAll(expression)) {
    const [context, name = '', ...rest] = path.split('.')
    const known: readonly string[] | undefined =
      context === 'inputs'
        ? names.inputs
        : context === 'outputs'
          ? names.outputs
          : context === 'search_space'
            ? (names.searchSpace ?? [])
            : undefined
    if (known === undefined || rest.length > 0) {
      throw invalid(`The command uses ${whole}; only \${{inputs.x}} and \${{outputs.x}} may stand there.`, {
        target: names.target,
      })
    }
    if (known.includes(name) || (context === 'inputs' && optional.has(path))) continue
    const hint = nearest(name, known)
    throw invalid(
      `The command uses ${whole}, but there is no such ${context?.replace(/s$/, '')}.${hint === undefined ? '' : ` Did you mean '${hint}'?`}`,
      {
        target: names.target,
      },
    )
  }
}

function valueOf(path: string, values: CommandValues): string | undefined {
  const [context, name = ''] = path.split('.')
  if (context === 'inputs') return values.inputs[name]
  if (context === 'outputs') return values.outputs[name]
  return context === 'search_space' ? values.searchSpace?.[name] : undefined
}
