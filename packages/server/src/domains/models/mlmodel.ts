import type { Context } from '../../context.ts'
import { isAppError } from '@fulcrum/contract'
import { readAll } from '../../kernel/http/index.ts'
import { parseYaml } from '../../kernel/safe/safe-yaml.ts'
import type { JsonObject } from '../../kernel/tables.ts'
import type { ModelFile } from './manifest.ts'

/** What an `MLmodel` file says. @see https://mlflow.org/docs/latest/ml/model/#ml-model-file */
export interface ModelDescription {
  readonly flavors: Readonly<Record<string, JsonObject>>
  /** Column specifications as MLflow writes them, parsed. */
  readonly signature: { readonly inputs?: unknown; readonly outputs?: unknown; readonly params?: unknown } | undefined
  /** The example's file and the like. */
  readonly inputExample: JsonObject | undefined
  readonly runId: string | undefined
  readonly modelId: string | undefined
  readonly mlflowVersion: string | undefined
}

const limitBytes = 1024 * 1024

/** Reads the description of a version; a text says what is wrong with it, `undefined` that there is none. */
export async function readModelDescription(
  ctx: Context,
  files: readonly ModelFile[],
): Promise<ModelDescription | string | undefined> {
  const file = files.find(({ path }) => path === 'MLmodel') ?? files.find(({ path }) => /^[^/]+\/MLmodel$/.test(path))
  if (file === undefined) return undefined
  try {
    const text = (await readAll(await ctx.content.open(file.digest), limitBytes)).toString('utf8')
    return describe(parseYaml(text, { file: file.path, maximumBytes: limitBytes }).value)
  } catch (error) {
    if (isAppError(error)) return error.message
    throw error
  }
}

function describe(value: unknown): ModelDescription {
  const root = objectOf(value) ?? {}
  const signature = objectOf(root['signature'])
  return {
    flavors: Object.fromEntries(
      Object.entries(objectOf(root['flavors']) ?? {}).map(([name, flavor]) => [name, objectOf(flavor) ?? {}]),
    ),
    signature:
      signature === undefined
        ? undefined
        : Object.fromEntries(Object.entries(signature).map(([name, part]) => [name, parsed(part)])),
    inputExample: objectOf(root['saved_input_example_info']),
    runId: textOf(root['run_id']),
    modelId: textOf(root['model_id']),
    mlflowVersion: textOf(root['mlflow_version']),
  }
}

/** Signatures are JSON in YAML. */
function parsed(part: unknown): unknown {
  if (typeof part !== 'string') return part
  try {
    return JSON.parse(part)
  } catch {
    return part
  }
}

function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...(value as JsonObject) } : undefined
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}
