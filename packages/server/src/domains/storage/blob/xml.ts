/** Writing the XML bodies of the Blob protocol. */

const declaration = '<?xml version="1.0" encoding="utf-8"?>'

/** A node that is XML already. */
class Xml {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export type XmlValue = string | number | boolean | Xml | undefined | readonly XmlValue[]

/** An element; `undefined` members are left out. */
export function element(name: string, ...values: readonly XmlValue[]): Xml {
  return new Xml(`<${name}>${values.map(printed).join('')}</${name}>`)
}

/** An element, or nothing when it has no value. */
export function optional(name: string, value: string | number | boolean | undefined): Xml | undefined {
  return value === undefined ? undefined : element(name, value)
}

/** A whole document. */
export function xmlDocument(name: string, attributes: Readonly<Record<string, string>>, ...values: readonly XmlValue[]): string {
  const given = Object.entries(attributes).map(([key, value]) => ` ${key}="${escaped(value)}"`)
  return `${declaration}<${name}${given.join('')}>${values.map(printed).join('')}</${name}>`
}

function printed(value: XmlValue): string {
  if (value === undefined) return ''
  if (value instanceof Xml) return value.text
  if (Array.isArray(value)) return value.map(printed).join('')
  return escaped(String(value))
}

function escaped(text: string): string {
  return (
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replaceAll('"', '&quot;')
      // XML has no other control characters, not even as entities.
      // eslint-disable-next-line no-control-regex
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\uFFFE\uFFFF]/g, '\uFFFD')
  )
}
