import type { ApiError } from '../api.ts'

/** Finds action and scope in ARM's denial: "… to perform action 'X' over scope 'Y' …". */
export function missingPermission(error: Pick<ApiError, 'message' | 'target'>): {
  readonly action: string | undefined
  readonly scope: string | undefined
} {
  const action = /action '([^']+)'/.exec(error.message)?.[1]
  const scope = /scope '([^']+)'/.exec(error.message)?.[1] ?? error.target
  return { action, scope }
}
