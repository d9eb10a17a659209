import { usage } from '../failure.ts'

/** A result, and what of it a query made: those objects keep the order in which the query names their members. */
export interface Shaped {
  readonly value: unknown
  readonly isQueried: boolean
  isMade(value: object): boolean
}

export function unqueried(value: unknown): Shaped {
  return { value, isQueried: false, isMade: () => false }
}

/** Applies JMESPath. @throws a usage failure for an expression that cannot be read */
export async function query(result: unknown, expression: string): Promise<Shaped> {
  const { search } = (await import('jmespath')).default
  const known = new WeakSet<object>()
  const remember = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    known.add(value)
    for (const entry of Object.values(value)) remember(entry)
  }
  const plain: unknown = JSON.parse(JSON.stringify(result ?? null))
  remember(plain)
  try {
    return { value: search(plain, withoutCurrent(expression)) as unknown, isQueried: true, isMade: (value) => !known.has(value) }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw usage(`argument --query: invalid jmespath_type value: '${expression}'`, [reason])
  }
}

/** The library cannot read `@.name`, which is `name`; quoted texts and literals stay as they are. */
function withoutCurrent(expression: string): string {
  return expression.replace(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`(?:[^`\\]|\\.)*`|@\s*\.\s*(?=[\w"*{[])/g, (part) =>
    part.startsWith('@') ? '' : part,
  )
}
