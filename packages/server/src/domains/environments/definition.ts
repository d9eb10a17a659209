import { createHash } from 'node:crypto'
import { canonicalJson } from '../../kernel/canonical-json.ts'

/** What an environment comes down to here: a Python and pip requirements. */
export interface EnvironmentDefinition {
  /** `3.11`; absent = the host's Python. */
  readonly pythonVersion?: string
  readonly pipRequirements: readonly string[]
}

/** The key under which builds of the same definition are one build. */
export function definitionHash(definition: EnvironmentDefinition, wheelDirectories: readonly string[]): string {
  const requirements = [...new Set(definition.pipRequirements)].sort()
  return createHash('sha256')
    .update(canonicalJson({ requirements, python: definition.pythonVersion ?? null, wheels: [...wheelDirectories] }))
    .digest('hex')
}
