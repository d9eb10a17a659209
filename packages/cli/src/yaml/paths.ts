/** Paths of local files as text; the translation also runs where there is no file system. */

/** `path` seen from `directory`, without `.` and `..` where they can be resolved. */
export function resolvePath(directory: string, path: string): string {
  const whole = path.startsWith('/') ? path : `${directory}/${path}`
  const parts: string[] = []
  for (const part of whole.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else if (part !== '..' || !whole.startsWith('/')) parts.push(part)
  }
  return `${whole.startsWith('/') ? '/' : ''}${parts.join('/')}` || '.'
}
