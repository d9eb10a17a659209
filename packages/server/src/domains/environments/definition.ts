import { createHash } from 'node:crypto'
import { canonicalJson } from '../../kernel/canonical-json.ts'

/** What an environment comes down to here: a Python and pip requirements. */
export interface EnvironmentDefinition {
  /** `3.11`; absent = the host's Python. */
  readonly pythonVersion?: string
  readonly pipRequirements: readonly string[]
  /** An existing Python of this host that is used as it is; then there are no requirements. */
  readonly interpreter?: string
  /** Where a requirement is written, for messages: `line 3 of requirements.txt`. */
  readonly places?: Readonly<Record<string, string>>
}

/** The key under which builds of the same definition are one build. */
export function definitionHash(definition: EnvironmentDefinition, wheelDirectories: readonly string[]): string {
  const requirements = [...new Set(definition.pipRequirements)].sort()
  const own = definition.interpreter === undefined ? {} : { interpreter: definition.interpreter }
  return createHash('sha256')
    .update(canonicalJson({ requirements, python: definition.pythonVersion ?? null, wheels: [...wheelDirectories], ...own }))
    .digest('hex')
}
