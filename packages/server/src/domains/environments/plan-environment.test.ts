import { isAppError } from '@fulcrum/contract'
import { describe, expect, it } from 'vitest'
import { pipConstraint, pypiName } from './conda-names.ts'
import { definitionHash } from './definition.ts'
import { findMapping, subjectOf, type Mapping } from './mappings.ts'
import { planEnvironment, type EnvironmentRequest } from './plan-environment.ts'

const mapping = (match: string, requirements: string[], pythonVersion?: string): Mapping => ({
  match: [subjectOf(match)],
  requirements,
  pythonVersion,
  source: 'test',
})
const pythons = { own: '3.11', available: ['3.11', '3.12'] }
const base = [
  mapping('curated:sklearn-1.5', ['scikit-learn>=1.5,<1.6']),
  mapping('image:azureml/openmpi*', []),
  mapping('image:python', []),
]
const plan = (request: Omit<EnvironmentRequest, 'name'> & { name?: string }, own: Mapping[] = []) =>
  planEnvironment({ name: 'e', ...request }, { mappings: [...own, ...base], pythons })
const conda = (...lines: string[]) => `dependencies:\n${lines.map((line) => `- ${line}\n`).join('')}`
const refusal = (request: Parameters<typeof plan>[0], own: Mapping[] = []) => {
  try {
    return plan(request, own)
  } catch (error) {
    return isAppError(error) ? `${error.code}: ${error.message}` : error
  }
}

describe('an environment on a host without containers', () => {
  it('is what a conda file of python and pip asks for, without a difference', () => {
    expect(plan({ condaFile: 'dependencies:\n- python=3.11.4\n- pip=23.1\n- pip:\n  - a==1\n  - b[x]>2\n' })).toMatchObject({
      definition: { pythonVersion: '3.11', pipRequirements: ['a==1', 'b[x]>2', 'setuptools<81'] },
      drift: [],
    })
    expect(plan({ condaFile: conda('conda-forge::python') })).toEqual({ definition: { pipRequirements: [] }, drift: [] })
  })

  it('says each difference: python, image, packages of conda', () => {
    const planned = plan({
      image: 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04',
      condaFile: conda('python=3.7.5', 'numpy=1.21.2', 'scikit-learn=1.2', 'pytorch==2.2=py311_0', 'pandas>=1.1,<2', 'pyyaml'),
    })
    expect(planned.definition).toEqual({
      pythonVersion: '3.11',
      pipRequirements: ['numpy==1.21.2', 'scikit-learn==1.2.*', 'torch==2.2', 'pandas>=1.1,<2', 'pyyaml', 'setuptools<81'],
    })
    expect(planned.drift.map(({ code, asked, used }) => [code, asked, used])).toEqual([
      ['ImageIgnored', 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04', 'the host'],
      ['CondaToPip', 'numpy=1.21.2', 'numpy==1.21.2'],
      ['CondaToPip', 'scikit-learn=1.2', 'scikit-learn==1.2.*'],
      ['CondaToPip', 'pytorch==2.2=py311_0', 'torch==2.2'],
      ['CondaToPip', 'pandas>=1.1,<2', 'pandas>=1.1,<2'],
      ['CondaToPip', 'pyyaml', 'pyyaml'],
      ['PythonReplaced', '3.7', '3.11'],
    ])
  })

  it('knows curated environments in every spelling, and images by their path', () => {
    for (const request of [
      { name: 'azureml://registries/azureml/environments/sklearn-1.5/versions/12' },
      { name: 'AzureML-sklearn-1.5' },
      { image: 'mcr.microsoft.com/azureml/curated/sklearn-1.5:33' },
    ]) {
      const planned = plan(request)
      expect(planned.definition.pipRequirements).toEqual(['scikit-learn>=1.5,<1.6'])
      expect(planned.drift).toHaveLength(1)
    }
    for (const image of ['python', 'library/python:latest', 'docker.io/python', 'docker.io/library/python@sha256:ab12'])
      expect(plan({ image }).definition).toEqual({ pipRequirements: [] })
    expect(plan({ image: 'python:3.12-slim' }).definition).toEqual({ pipRequirements: [], pythonVersion: '3.12' })
    expect(refusal({ image: 'example.com:5000/team/own:1' })).toMatch(/^NotSupported.*condaFile.*env-map add image:team\/own /)
  })

  it('builds a Dockerfile only as the operator says', () => {
    expect(refusal({ build: true })).toMatch(/^NotSupported.*no container runtime.*env-map add environment:e /)
    const planned = plan({ build: true }, [mapping('environment:e', ['flask'], '3.12')])
    expect(planned).toMatchObject({
      definition: { pipRequirements: ['flask'], pythonVersion: '3.12' },
      drift: [{ code: 'EnvironmentMapped', message: expect.stringContaining("by mapping 'test'") }],
    })
  })

  it('relaxes a pin by the operator alone, never by itself', () => {
    const condaFile = conda(
      'python=3.11',
      'pip:\n  - scikit-learn==0.24.1\n  - git+https://example.com/x#subdirectory=y',
      'cudatoolkit=11',
    )
    expect(refusal({ condaFile })).toMatch(
      /^InvalidYaml: condaFile of 'e':6:3 .*'cudatoolkit=11' is not supported.*env-map add package:cudatoolkit/,
    )
    const own = [
      mapping('scikit-learn==0.24.*', ['scikit-learn>=1.2,<1.4']),
      mapping('package:git+https://example.com/*', []),
      mapping('package:cudatoolkit', []),
    ]
    expect(plan({ condaFile }, own)).toMatchObject({
      definition: { pipRequirements: ['scikit-learn>=1.2,<1.4', 'setuptools<81'] },
      drift: [
        { code: 'PackageMapped', asked: 'cudatoolkit=11', used: 'nothing' },
        { code: 'PackageMapped', asked: 'scikit-learn==0.24.1', used: 'scikit-learn>=1.2,<1.4' },
        { code: 'PackageMapped', used: 'nothing' },
      ],
    })
    expect(plan({ condaFile: conda('pip: [scikit-learn==0.24.1]') }).definition.pipRequirements).toEqual([
      'scikit-learn==0.24.1',
      'setuptools<81',
    ])
  })

  it('names what cannot be read, with its line', () => {
    expect(refusal({ condaFile: 'dependencies:\n- pip:\n  - --index-url https://example.com\n' })).toMatch(
      /InvalidYaml.*:3:.*--index-url/,
    )
    expect(refusal({ condaFile: 'dependencies:\n- pip:\n  - ../../etc\n' })).toMatch(/local path/)
    expect(refusal({ condaFile: '[1]' })).toMatch(/^InvalidYaml/)
    expect(refusal({ condaFile: conda('numpy=1.2|1.3') })).toMatch(/:2:3 .*constraint/)
  })

  it('is one build however its requirements are ordered', () => {
    expect(definitionHash({ pipRequirements: ['a', 'b'] }, [])).toBe(definitionHash({ pipRequirements: ['b', 'a', 'a'] }, []))
    expect(definitionHash({ pipRequirements: ['a'] }, [])).not.toBe(
      definitionHash({ pipRequirements: ['a'], pythonVersion: '3.11' }, []),
    )
  })
})

describe('conda packages and mappings', () => {
  it('translate constraints as conda means them', () => {
    const pairs = {
      '': '',
      '*': '',
      '=1.2': '==1.2.*',
      '1.2.3': '==1.2.3',
      '==1.2': '==1.2',
      '=1.2.*': '==1.2.*',
      '>=1, <2': '>=1,<2',
      '=1.2.3=h1_0': '==1.2.3',
    }
    expect(Object.fromEntries(Object.keys(pairs).map((text) => [text, pipConstraint(text)]))).toEqual(pairs)
    expect([pypiName('PyTorch'), pypiName('numpy'), pypiName('cudatoolkit')]).toEqual(['torch', 'numpy', undefined])
  })

  it('match with wildcards, the first that fits', () => {
    const mappings = [mapping('curated:a-*-gpu', ['first']), mapping('curated:a-*', ['second'])]
    expect(findMapping(mappings, 'curated:a-1-GPU')?.requirements).toEqual(['first'])
    expect(findMapping(mappings, 'curated:a-gpu')?.requirements).toEqual(['second'])
    expect(findMapping(mappings, 'curated:b')).toBeUndefined()
  })
})
