import { AppError, errorCatalogue, type ErrorCode, type ErrorDetail } from '@fulcrum/contract'

/**
 * Rebuilds the server's error from an answer in any dialect: ARM `{error: {code, message, target, details}}`, MLflow
 * `{error_code, message}`, inference `{error: "text"}` or plain text.
 * @returns an AppError whose `code` is the server's when the catalogue knows it, else the catalogue's code of the same status class;
 * the server's own code is then the first of `details`
 */
export function rebuildError(status: number, text: string): AppError {
  const answer = parse(text)
  const code = answer.code ?? ''
  const options = { target: answer.target, details: answer.details }
  if (isKnown(code)) return new AppError(code, answer.message, options)
  const details = code === '' ? answer.details : [{ code, message: answer.message }, ...answer.details]
  return new AppError(codeOfStatus(status), answer.message === '' ? `The server answered ${status}.` : answer.message, {
    ...options,
    details,
  })
}

function isKnown(code: string): code is ErrorCode {
  return Object.hasOwn(errorCatalogue, code)
}

function codeOfStatus(status: number): ErrorCode {
  const exact = Object.entries(errorCatalogue).find(([, known]) => known === status)?.[0] ?? ''
  if (isKnown(exact)) return exact
  return status >= 500 ? 'InternalServerError' : 'BadRequest'
}

interface Answer {
  readonly code: string | undefined
  readonly message: string
  readonly target: string | undefined
  readonly details: readonly ErrorDetail[]
}

function parse(text: string): Answer {
  const body = parseJson(text)
  if (!isObject(body)) return { code: undefined, message: text.slice(0, 2000), target: undefined, details: [] }
  const error = isObject(body['error']) ? body['error'] : body
  const message = textOf(error['message']) ?? textOf(body['error']) ?? text.slice(0, 2000)
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject).map(detailOf) : []
  return { code: textOf(error['code']) ?? textOf(error['error_code']), message, target: textOf(error['target']), details }
}

function detailOf(detail: Record<string, unknown>): ErrorDetail {
  const target = textOf(detail['target'])
  return {
    code: textOf(detail['code']) ?? '',
    message: textOf(detail['message']) ?? '',
    ...(target === undefined ? {} : { target }),
  }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
