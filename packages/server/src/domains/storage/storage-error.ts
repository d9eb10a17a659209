import { AppError, type ErrorCode, type ErrorOptions } from '@fulcrum/contract'

/** An error with the code that Azure's storage clients look for, e.g. `BlobNotFound`. */
export class StorageError extends AppError {
  readonly storageCode: string

  constructor(code: ErrorCode, storageCode: string, message: string, options: ErrorOptions = {}) {
    super(code, message, options)
    this.name = 'StorageError'
    this.storageCode = storageCode
  }
}

export function blobNotFound(name: string): StorageError {
  return new StorageError('ResourceNotFound', 'BlobNotFound', `The blob '${name}' was not found.`, { target: name })
}

export function containerNotFound(container: string): StorageError {
  return new StorageError('ResourceNotFound', 'ContainerNotFound', `The container '${container}' was not found.`, {
    target: container,
  })
}

export function conditionNotMet(name: string): StorageError {
  return new StorageError(
    'PreconditionFailed',
    'ConditionNotMet',
    `The condition of the request does not hold for the blob '${name}': it was changed or exists already.`,
  )
}
