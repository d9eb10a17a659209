/** The rules of a `.gitignore` or `.amlignore`, as Azure's SDK applies them: the last rule that matches a file decides. */
export interface IgnoreRules {
  /** @param path of a file, relative to the folder of the rules, with `/` */
  ignores(path: string): boolean
}

interface Rule {
  readonly matches: RegExp
  readonly ignored: boolean
}

export function readIgnoreRules(text: string): IgnoreRules {
  const rules = text.split(/\r?\n/).flatMap(ruleOf)
  return { ignores: (path) => rules.findLast((rule) => rule.matches.test(path))?.ignored ?? false }
}

function ruleOf(line: string): Rule[] {
  let pattern = line.trimEnd()
  if (pattern === '' || pattern.startsWith('#')) return []
  const ignored = !pattern.startsWith('!')
  if (!ignored) pattern = pattern.slice(1)
  if (pattern.startsWith('\\')) pattern = pattern.slice(1)
  const isFolder = pattern.endsWith('/')
  const parts = pattern.split('/').filter((part) => part !== '')
  if (parts.length === 0) return []
  // A pattern with a slash before its end starts at the folder of the rules, any other is found at every depth.
  const isAnchored = pattern.replace(/\/$/, '').includes('/')
  return [{ ignored, matches: new RegExp(`^${isAnchored ? '' : '(?:.*/)?'}${bodyOf(parts)}${isFolder ? '/.*' : '(?:/.*)?'}$`) }]
}

function bodyOf(parts: readonly string[]): string {
  return parts
    .map((part, index) => {
      const isLast = index === parts.length - 1
      if (part === '**') return isLast ? '.*' : '(?:.*/)?'
      return `${globOf(part)}${isLast ? '' : '/'}`
    })
    .join('')
}

/** `*`, `?` and `[…]` of one part of a path as a regular expression. */
function globOf(part: string): string {
  return part.replace(/\[!?[^\]]+\]|[*?]|[.+^${}()|\\[\]]/g, (found) => {
    if (found === '*') return '[^/]*'
    if (found === '?') return '[^/]'
    if (found.length > 1) return found.replace(/^\[!/, '[^').replaceAll('\\', '\\\\')
    return `\\${found}`
  })
}
