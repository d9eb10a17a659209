import { AppError, errorCatalogue, type ErrorCode, type ErrorOptions } from '@fulcrum/contract'

/** An error with the code that Azure's storage clients look for, e.g. `BlobNotFound`. */
export class StorageError extends AppError {
  readonly storageCode: string
  /** The status of the storage protocol, where the catalogue has none (411, 416). */
  readonly storageStatus: number

  constructor(code: ErrorCode, storageCode: string, message: string, options: ErrorOptions & { storageStatus?: number } = {}) {
    super(code, message, options)
    this.name = 'StorageError'
    this.storageCode = storageCode
    this.storageStatus = options.storageStatus ?? errorCatalogue[code]
  }
}

type Status = 400 | 403 | 404 | 405 | 409 | 411 | 412 | 413 | 416

const codes: Readonly<Record<Status, ErrorCode>> = {
  400: 'BadRequest',
  403: 'AuthorizationFailed',
  404: 'ResourceNotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  411: 'BadRequest',
  412: 'PreconditionFailed',
  413: 'PayloadTooLarge',
  416: 'BadRequest',
}

/** An error of the storage protocol by its status and code. */
export function storageError(status: Status, storageCode: string, message: string, target?: string): StorageError {
  return new StorageError(codes[status], storageCode, message, {
    storageStatus: status,
    ...(target === undefined ? {} : { target }),
  })
}

export function blobNotFound(name: string): StorageError {
  return storageError(404, 'BlobNotFound', `The blob '${name}' was not found.`, name)
}

export function containerNotFound(container: string): StorageError {
  return storageError(404, 'ContainerNotFound', `The container '${container}' was not found.`, container)
}

export function conditionNotMet(name: string): StorageError {
  return storageError(
    412,
    'ConditionNotMet',
    `The condition of the request does not hold for '${name}': it was changed, or exists already.`,
  )
}

export function blobArchived(name: string): StorageError {
  return storageError(
    409,
    'BlobArchived',
    `'${name}' is in the archive tier. Set its tier to Hot, Cool or Cold and wait until it is rehydrated.`,
    name,
  )
}

/** Azure has it, this server does not. */
export function notOffered(what: string, instead: string): StorageError {
  return storageError(400, 'UnsupportedOperation', `${what} is not offered by this server. ${instead}`)
}
