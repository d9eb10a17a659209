import { invalid, type AppError } from '@fulcrum/contract'

/** Limits and names as MLflow has them. @see mlflow/utils/validation.py */
export const limits = {
  keyLength: 250,
  paramValueLength: 6000,
  tagValueLength: 8000,
  experimentNameLength: 500,
  experimentTagValueLength: 5000,
  batchMetrics: 1000,
  batchParams: 100,
  batchTags: 100,
  batchTotal: 1000,
  batchDatasets: 1000,
} as const

export function invalidParameter(message: string, target?: string): AppError {
  return invalid(message, target === undefined ? {} : { target })
}

export function invalidValue(value: unknown, name: string, reason: string): AppError {
  return invalidParameter(`Invalid value ${JSON.stringify(value)} for parameter '${name}' supplied: ${reason}`, name)
}

/** @throws when the name of a metric, param or tag is not allowed; `where` names the request's member, e.g. `metrics[0].name` */
export function checkKey(key: string, kind: 'metric' | 'parameter' | 'tag', where: string): void {
  if (key.length > limits.keyLength) {
    throw invalidParameter(
      `'${key.slice(0, 50)}…' exceeds the maximum length of ${limits.keyLength} characters for parameter '${where}' supplied`,
      where,
    )
  }
  if (!/^[/\w.\- :]*$/.test(key)) {
    throw invalidValue(
      key,
      where,
      `Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).`,
    )
  }
  if (key === '' || key.startsWith('/') || key.split('/').some((part) => part === '' || part === '.' || part === '..')) {
    throw invalidParameter(
      `Invalid ${kind} name: '${key}'. Names may be treated as files in certain cases, and must not resolve to other names when treated as such.`,
      where,
    )
  }
}

export function checkRunId(runId: string): void {
  if (!/^[a-zA-Z0-9][\w-]{0,255}$/.test(runId))
    throw invalidValue(runId, 'run_id', 'Run IDs have letters, digits, dashes and underscores.')
}

/** Cuts what is longer, as MLflow does by default. */
export function truncate(value: string, length: number): string {
  return value.length > length ? value.slice(0, length) : value
}
