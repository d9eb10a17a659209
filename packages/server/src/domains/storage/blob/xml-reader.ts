import { storageError } from '../storage-error.ts'

/** An element of a small XML document. */
export interface XmlElement {
  readonly name: string
  readonly children: readonly XmlElement[]
  readonly text: string
}

const maximumDepth = 8
const token =
  /<\?[\s\S]*?\?>|<!--[\s\S]*?-->|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[\w.:-]+\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|([^<]+)/y

interface Open {
  readonly name: string
  readonly children: XmlElement[]
  text: string
}

/**
 * Reads the XML bodies of the Blob protocol: elements and text, no DTD, no entities but the five.
 * @throws InvalidXmlDocument naming the place
 */
export function readXml(body: string): XmlElement {
  const text = body.replace(/^\uFEFF/, '')
  const tree = new Tree()
  for (let position = 0; position < text.length;) {
    token.lastIndex = position
    const match = token.exec(text)
    if (match === null) throw wrong(position)
    position = token.lastIndex
    const [, closes, name, , isEmpty, plain] = match
    if (plain !== undefined) tree.addText(plain, match.index)
    else if (name === undefined) continue
    else if (closes === '/') tree.close(name, isEmpty === '/', match.index)
    else tree.open(name, isEmpty === '/', match.index)
  }
  return tree.root(text.length)
}

class Tree {
  readonly #stack: Open[] = []
  #root: XmlElement | undefined

  open(name: string, isEmpty: boolean, position: number): void {
    const top = this.#stack.at(-1)
    if (this.#root !== undefined && top === undefined) throw wrong(position)
    const element: Open = { name, children: [], text: '' }
    top?.children.push(element)
    this.#root ??= element
    if (!isEmpty) this.#stack.push(element)
    if (this.#stack.length > maximumDepth) throw wrong(position)
  }

  close(name: string, isEmpty: boolean, position: number): void {
    if (isEmpty || this.#stack.pop()?.name !== name) throw wrong(position)
  }

  addText(plain: string, position: number): void {
    const top = this.#stack.at(-1)
    if (top !== undefined) top.text += decoded(plain, position)
    else if (plain.trim() !== '') throw wrong(position)
  }

  root(position: number): XmlElement {
    if (this.#root === undefined || this.#stack.length > 0) throw wrong(position)
    return this.#root
  }
}

export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name)
}

/** The trimmed text of a child; undefined when it is missing or empty. */
export function textOf(element: XmlElement | undefined, name: string): string | undefined {
  const text = childOf(element, name)?.text.trim()
  return text === undefined || text === '' ? undefined : text
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function decoded(text: string, position: number): string {
  return text.replace(/&([^;\s]{0,10});?/g, (whole, name: string) => {
    const number = /^#(?:x([0-9a-f]{1,6})|(\d{1,7}))$/i.exec(name)
    const code = number === null ? undefined : Number.parseInt(number[1] ?? number[2] ?? '', number[1] === undefined ? 10 : 16)
    const character = code === undefined ? entities[name] : code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : undefined
    if (character === undefined || !whole.endsWith(';')) throw wrong(position)
    return character
  })
}

function wrong(position: number) {
  return storageError(400, 'InvalidXmlDocument', `The XML of the body cannot be read at character ${position + 1}.`, 'body')
}
