import { constants } from 'node:fs'
import { open } from 'node:fs/promises'

/**
 * Makes the entries of a directory (creations, renames, removals) survive a power cut.
 * A rename is durable only after the directory that holds the name is synchronised, not after the file is.
 */
export async function fsyncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The errno name (`ENOENT`, `EEXIST` …) of a system error, else undefined. */
export function errorCodeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined
}
