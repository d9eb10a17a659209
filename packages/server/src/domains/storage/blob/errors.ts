import type { AppError, ErrorCode } from '@fulcrum/contract'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { StorageError } from '../storage-error.ts'
import { element, optional, xmlDocument } from './xml.ts'

/** Azure's names for errors of the kernel. */
const codes: Readonly<Partial<Record<ErrorCode, string>>> = {
  InvalidAuthenticationToken: 'NoAuthenticationInformation',
  InvalidPath: 'InvalidResourceName',
  InvalidRequestContent: 'InvalidInput',
  BadRequest: 'InvalidInput',
  PayloadTooLarge: 'RequestBodyTooLarge',
  PreconditionFailed: 'ConditionNotMet',
  MethodNotAllowed: 'UnsupportedHttpVerb',
  OperationNotFound: 'ResourceNotFound',
  NotSupported: 'UnsupportedOperation',
  InternalServerError: 'InternalError',
  ServiceUnavailable: 'ServerBusy',
}

export function storageCodeOf(error: AppError): string {
  return error instanceof StorageError ? error.storageCode : (codes[error.code] ?? error.code)
}

export function storageStatusOf(error: AppError): number {
  return error instanceof StorageError ? error.storageStatus : error.status
}

/** An error as Azure's clients of blobs read it. */
export function renderBlobError(error: AppError, requestId: string): ApiReply {
  const code = storageCodeOf(error)
  return {
    status: storageStatusOf(error),
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code, 'x-ms-version': '2021-12-02' },
    raw: xmlDocument(
      'Error',
      {},
      element('Code', code),
      element('Message', `${error.message}\nRequestId:${requestId}`),
      optional('Target', error.target),
    ),
  }
}
