import type { ErrorCode } from '@fulcrum/contract'
import type { ErrorRenderer } from '../../../kernel/http/index.ts'

/** Our codes in MLflow's words, where the HTTP status does not decide it. */
const named: Readonly<Partial<Record<ErrorCode, readonly [code: string, status: number]>>> = {
  ResourceAlreadyExists: ['RESOURCE_ALREADY_EXISTS', 400],
  NotSupported: ['FEATURE_DISABLED', 400],
  PayloadTooLarge: ['BAD_REQUEST', 413],
}

const byStatus: Readonly<Record<number, string>> = {
  400: 'INVALID_PARAMETER_VALUE',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'RESOURCE_DOES_NOT_EXIST',
  409: 'RESOURCE_CONFLICT',
  412: 'RESOURCE_CONFLICT',
  429: 'REQUEST_LIMIT_EXCEEDED',
  500: 'INTERNAL_ERROR',
  503: 'TEMPORARILY_UNAVAILABLE',
}

/** MLflow's form of an error: `{error_code, message}`. @see mlflow/protos/databricks.proto */
export const renderMlflowError: ErrorRenderer = (error, requestId) => {
  const [code, status] = named[error.code] ?? [byStatus[error.status] ?? 'BAD_REQUEST', error.status]
  const message =
    status === 401
      ? `You are not authenticated. ${error.message}`
      : status === 403
        ? `Permission denied. ${error.message}`
        : error.message
  return { status, body: { error_code: code, message, request_id: requestId } }
}
