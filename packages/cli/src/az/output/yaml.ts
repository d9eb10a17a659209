import { parse, stringify } from 'yaml'

/** Block style with lists at the depth of their key, texts quoted where YAML 1.1 would read something else. */
export function renderYaml(value: unknown): string {
  const text = stringify(value, {
    indentSeq: false,
    singleQuote: true,
    blockQuote: false,
    minContentWidth: 0,
    lineWidth: 80,
    version: '1.1',
    sortMapEntries: true,
  })
  // A scalar document is closed by `...`, as PyYAML does.
  return typeof value === 'object' ? text : `${text.trimEnd()}\n...\n`
}

/** @returns the value of a YAML text, or the text when it cannot be read */
export function parseYaml(text: string): unknown {
  try {
    return parse(text) as unknown
  } catch {
    return text
  }
}
