/** A mistake in a YAML file. The message starts with `file:line:col`. */
export class YamlError extends Error {
  override readonly name = 'YamlError'
}
