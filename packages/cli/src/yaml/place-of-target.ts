import { AppError } from '@fulcrum/contract'
import type { YamlFile } from './yaml-file.ts'

/**
 * Where in a file stands what the server calls `properties.jobs.train.inputs.data`: the wire says `environmentId` and `searchSpace`,
 * the file `environment` and `search_space`. As deep as the file goes; members of included files are told at the line that includes.
 * @returns `file:line:col`, or `undefined` when nothing of the path is in the file
 */
export function placeOfTarget(file: YamlFile, target: string): string | undefined {
  const path: string[] = []
  let value = file.value
  for (const segment of target.split(/[./]/)) {
    if (path.length === 0 && segment === 'properties') continue
    if (typeof value !== 'object' || value === null) break
    const members = value as Readonly<Record<string, unknown>>
    const key = spellings(segment).find((spelling) => Object.hasOwn(members, spelling))
    if (key === undefined) break
    path.push(key)
    value = members[key]
  }
  return path.length === 0 ? undefined : file.placeOf(path, 'key')
}

function spellings(segment: string): string[] {
  const snake = segment.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  return [segment, snake, snake.replace(/_id$/, '')]
}

/** Runs the request that a file was translated for; what the server refuses is told with its place in the file. */
export async function toldInPlace<Result>(
  placeOf: (target: string) => string | undefined,
  request: Promise<Result>,
): Promise<Result> {
  try {
    return await request
  } catch (error) {
    const place =
      error instanceof AppError && error.status < 500 && error.target !== undefined ? placeOf(error.target) : undefined
    if (place === undefined || !(error instanceof AppError)) throw error
    const { target, details } = error
    throw new AppError(error.code, `${place} ${error.message}`, {
      ...(target === undefined ? {} : { target }),
      details,
      cause: error,
    })
  }
}
