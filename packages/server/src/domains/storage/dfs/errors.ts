import type { AppError } from '@fulcrum/contract'
import type { ApiReply } from '../../../kernel/http/index.ts'
import { storageCodeOf, storageStatusOf } from '../blob/errors.ts'

/** The Data Lake protocol's names for errors of blobs and containers. */
const codes: Readonly<Record<string, string>> = {
  BlobNotFound: 'PathNotFound',
  BlobAlreadyExists: 'PathAlreadyExists',
  ContainerNotFound: 'FilesystemNotFound',
  ContainerAlreadyExists: 'FilesystemAlreadyExists',
  LeaseIdMismatchWithBlobOperation: 'LeaseIdMismatchWithPathOperation',
  LeaseNotPresentWithBlobOperation: 'LeaseNotPresentWithPathOperation',
}

/** An error as clients of the Data Lake protocol read it. */
export function renderPathError(error: AppError, requestId: string): ApiReply {
  const known = storageCodeOf(error)
  const code = codes[known] ?? known
  return {
    status: storageStatusOf(error),
    headers: { 'content-type': 'application/json;charset=utf-8', 'x-ms-error-code': code },
    body: { error: { code, message: `${error.message}\nRequestId:${requestId}` } },
  }
}
