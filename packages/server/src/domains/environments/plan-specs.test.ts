import { describe, expect, it } from 'vitest'
import { planEnvironment, type EnvironmentRequest } from './plan-environment.ts'
import { fitsPython, readPyproject } from './pyproject-file.ts'
import { readRequirements } from './requirements-file.ts'

const rules = {
  mappings: [],
  pythons: { own: '3.11', available: ['3.10', '3.11', '3.12'], programs: ['/usr/bin/python3'], rscript: null },
  interpreters: ['/opt/venvs'],
}
const plan = (request: Partial<EnvironmentRequest>, more = {}) =>
  planEnvironment({ name: 'e', ...request }, { ...rules, ...more })

const pyproject = `
[build-system]
requires = ["hatchling"]

[project]  # ours
name = "flights"
requires-python = ">=3.12"
dependencies = [
  "numpy>=1.26,<2",   # numbers
  'scikit-learn[tests]==1.5',
]

[project.optional-dependencies]
dev = ["pytest"]
`

describe('environments from other files than conda’s', () => {
  it('reads a requirements file with its places', () => {
    const found = readRequirements('# head\nnumpy==1.26  # why\n\npandas>=2,\\\n  <3\nmine @ https://files.example/mine.whl\n')
    expect(found).toEqual([
      { text: 'numpy==1.26', place: 'line 2 of requirements.txt' },
      { text: 'pandas>=2,   <3', place: 'line 4 of requirements.txt' },
      { text: 'mine @ https://files.example/mine.whl', place: 'line 6 of requirements.txt' },
    ])
    expect(plan({ pipRequirements: 'numpy\npandas' }).definition).toEqual({
      pipRequirements: ['numpy', 'pandas'],
      places: { numpy: 'line 1 of requirements.txt', pandas: 'line 2 of requirements.txt' },
    })
  })

  it('refuses what lies outside the file, with its line', () => {
    expect(() => readRequirements('numpy\n-r other.txt')).toThrow("Line 2 of requirements.txt: the pip option '-r other.txt'")
    expect(() => readRequirements('--index-url https://elsewhere/simple')).toThrow('Line 1')
    expect(() => readRequirements('numpy\n./wheels/mine.whl')).toThrow(
      "Line 2 of requirements.txt: the local path './wheels/mine.whl'",
    )
    expect(() => readRequirements('numpy==1.0 --hash=sha256:abc')).toThrow('the lock pins each version')
    expect(() => readRequirements('what is this')).toThrow("Line 1 of requirements.txt: 'what is this' is no requirement")
    expect(() => readRequirements('numpy\\')).toThrow('ends with a backslash')
  })

  it('reads the dependencies of a pyproject.toml and chooses a Python that fits', () => {
    expect(readPyproject(pyproject).requirements).toEqual([
      { text: 'numpy>=1.26,<2', place: 'line 9 of pyproject.toml' },
      { text: 'scikit-learn[tests]==1.5', place: 'line 10 of pyproject.toml' },
    ])
    expect(plan({ pyproject }).definition).toMatchObject({
      pythonVersion: '3.12',
      pipRequirements: ['numpy>=1.26,<2', 'scikit-learn[tests]==1.5'],
    })
    expect(plan({ pyproject: pyproject.replace('>=3.12', '>=3.9') }).definition.pythonVersion).toBeUndefined()
    expect(() => plan({ pyproject: pyproject.replace('>=3.12', '<3.9') })).toThrow("Python '<3.9' of pyproject.toml")
    expect(() => readPyproject('[tool.poetry]\nname = "x"')).toThrow('no table [project]')
    expect(() => readPyproject('[project]\ndynamic = ["dependencies"]')).toThrow("computes its dependencies ('dynamic')")
    expect(() => readPyproject('[project]\ndependencies = [\n"numpy",')).toThrow('Line 2 of pyproject.toml begins a list')
  })

  it.each([
    ['>=3.10,<3.13', true],
    ['>=3.12', false],
    ['==3.11.*', true],
    ['~=3.11.2', true],
    ['~=3.10', true],
    ['!=3.11.*', false],
    ['<3.11', false],
    ['<=3.11', true],
    ['>3.11.4', true],
  ])('knows whether Python 3.11 fits %s', (requires, fits) => {
    expect(fitsPython('3.11', requires)).toBe(fits)
  })

  it('takes interpreters that the host or the operator names, and no others', () => {
    expect(plan({ interpreter: '/opt/venvs/team/bin/python' }).definition).toEqual({
      pipRequirements: [],
      interpreter: '/opt/venvs/team/bin/python',
    })
    expect(plan({ interpreter: '/usr/bin/python3' }).definition.interpreter).toBe('/usr/bin/python3')
    for (const interpreter of ['/tmp/evil', '/opt/venvs/../../tmp/evil', '/opt/venvs-not/python'])
      expect(() => plan({ interpreter })).toThrow('FULCRUM_INTERPRETERS')
  })

  it('names the line of a conda file, and uses the R of the host where there is one', () => {
    const condaFile = 'dependencies:\n  - python\n  - pip:\n      - numpy\n      - pandas==9\n'
    expect(plan({ condaFile }).definition.places).toEqual({
      numpy: 'line 4 of the conda file',
      'pandas==9': 'line 5 of the conda file',
    })
    const r = { condaFile: 'dependencies:\n  - r-base=4.2\n' }
    expect(() => plan(r)).toThrow('R is not installed on this host')
    const withR = { pythons: { ...rules.pythons, rscript: '/usr/bin/Rscript' } }
    expect(plan(r, withR)).toMatchObject({
      definition: { pipRequirements: [] },
      drift: [{ code: 'RFromHost', used: '/usr/bin/Rscript' }],
    })
  })
})
