import { invalid } from '@fulcrum/contract'
import { checkRequirement, type PlacedRequirement } from './requirements-file.ts'

/** What a pyproject.toml says of the environment its project needs. */
export interface PyprojectFile {
  readonly requirements: readonly PlacedRequirement[]
  /** `>=3.10,<3.13`. */
  readonly requiresPython: string | undefined
}

const target = 'properties.pyproject'
const file = 'pyproject.toml'

/**
 * Reads `[project]` of a pyproject.toml: `dependencies` and `requires-python`. Only these two are looked at, so no parser for the
 * whole of TOML is needed; strings, comments and lists over several lines are read as TOML has them.
 * @throws InvalidRequestContent with the line
 */
export function readPyproject(text: string): PyprojectFile {
  const lines = text.split(/\r?\n/)
  const start = lines.findIndex((line) => /^\s*\[\s*project\s*\]\s*(?:#.*)?$/.test(line))
  if (start < 0) throw invalid(`${file} has no table [project]: list what is needed under project.dependencies.`, { target })
  let end = lines.findIndex((line, index) => index > start && /^\s*\[/.test(line) && !/^\s*\[\s*["']/.test(line))
  if (end < 0) end = lines.length
  const members = lines.slice(start + 1, end)
  const dynamic = memberAt(members, 'dynamic')
  if (dynamic !== undefined && stringsFrom(members, dynamic, start).some(({ text: name }) => name === 'dependencies'))
    throw invalid(`${file} computes its dependencies ('dynamic'); list them under project.dependencies.`, { target })
  const dependencies = memberAt(members, 'dependencies')
  const python = memberAt(members, 'requires-python')
  const requirements = dependencies === undefined ? [] : stringsFrom(members, dependencies, start)
  for (const { text: requirement, place } of requirements)
    checkRequirement(requirement, (problem) => invalid(`${place[0]?.toUpperCase()}${place.slice(1)}: ${problem}`, { target }))
  return { requirements, requiresPython: python === undefined ? undefined : stringsFrom(members, python, start)[0]?.text }
}

function memberAt(lines: readonly string[], name: string): number | undefined {
  const found = lines.findIndex((line) => new RegExp(`^\\s*"?${name}"?\\s*=`).test(line))
  return found < 0 ? undefined : found
}

/** The strings of a value that begins on a line: one string, or a list of them that may go over lines. */
function stringsFrom(lines: readonly string[], first: number, offset: number): PlacedRequirement[] {
  const found: PlacedRequirement[] = []
  let depth = 0
  for (let index = first; index < lines.length; index += 1) {
    const text = index === first ? (lines[index] ?? '').replace(/^[^=]*=/, '') : (lines[index] ?? '')
    for (const [token, basic, literal] of text.matchAll(/"((?:[^"\\]|\\.)*)"|'([^']*)'|#.*$|[[\]]/g)) {
      if (token.startsWith('#')) break
      if (token === '[') depth += 1
      else if (token === ']') depth -= 1
      else
        found.push({
          text: (basic?.replace(/\\(.)/g, '$1') ?? literal ?? '').trim(),
          place: `line ${offset + 2 + index} of ${file}`,
        })
    }
    if (depth <= 0) return found
  }
  throw invalid(`Line ${offset + 2 + first} of ${file} begins a list that does not end.`, { target })
}

/** Whether Python `3.11` fits `>=3.10,<3.13`; a clause that cannot be read fits everything, as the installer will say. */
export function fitsPython(version: string, requires: string): boolean {
  const minor = Number(version.split('.')[1])
  return requires.split(',').every((clause) => {
    const [, operator = '', wanted = ''] = /^\s*(~=|==|!=|>=|<=|>|<)\s*3\.(\d+)/.exec(clause) ?? []
    const bound = Number(wanted)
    if (operator === '') return true
    // `>3.10` and `<=3.10` speak of 3.10.0; of a minor version as a whole they exclude nothing before or behind it.
    const fits: Readonly<Record<string, boolean>> = {
      '>=': minor >= bound,
      '>': minor >= bound,
      '<=': minor <= bound,
      '<': /\.\d+\.[1-9]/.test(clause) ? minor <= bound : minor < bound,
      '==': minor === bound,
      '!=': !/\.\*\s*$/.test(clause) || minor !== bound,
      '~=': /3\.\d+\.\d+/.test(clause) ? minor === bound : minor >= bound,
    }
    return fits[operator] ?? true
  })
}
