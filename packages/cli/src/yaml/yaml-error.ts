import { UsageError } from '../cli-errors.ts'

/** A mistake in a YAML file. The message starts with `file:line:col`. */
export class YamlError extends UsageError {
  override readonly name = 'YamlError'
}
