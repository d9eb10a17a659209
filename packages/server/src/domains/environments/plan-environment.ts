import { normalize } from 'node:path'
import { notSupported, type EnvironmentDrift } from '@fulcrum/contract'
import type { EnvironmentDefinition } from './definition.ts'
import { pipConstraint, pypiName } from './conda-names.ts'
import { readConda, type CondaFile, type CondaPackage } from './conda-file.ts'
import type { HostPythons } from './host-pythons.ts'
import { fitsPython, readPyproject } from './pyproject-file.ts'
import { readRequirements, type PlacedRequirement } from './requirements-file.ts'
import { findMapping, subjectOf, type Mapping } from './mappings.ts'

/** What a host without containers makes of an environment: pure, so that the same rules hold at a PUT, a test and a build. */

export interface EnvironmentRequest {
  /** Name of the asset, or the reference of a curated environment. */
  readonly name: string
  readonly image?: string | undefined
  readonly condaFile?: string | undefined
  /** True when it is built from a Dockerfile. */
  readonly build?: boolean | undefined
  /** Text of a requirements.txt. */
  readonly pipRequirements?: string | undefined
  /** Text of a pyproject.toml. */
  readonly pyproject?: string | undefined
  /** Path of a Python of this host. */
  readonly interpreter?: string | undefined
}

export interface PlanRules {
  readonly mappings: readonly Mapping[]
  readonly pythons: HostPythons
  /** Paths, besides the host's own interpreters, that environments may name: programs, or folders with environments. */
  readonly interpreters?: readonly string[]
}

export interface PlannedEnvironment {
  readonly definition: EnvironmentDefinition
  readonly drift: readonly EnvironmentDrift[]
}

interface Draft {
  readonly pythonVersion: string | undefined
  readonly requirements: readonly string[]
  readonly drift: readonly EnvironmentDrift[]
  readonly places?: readonly PlacedRequirement[]
}

/** @throws NotSupported nothing stands for its image, build or one of its packages · InvalidYaml · InvalidRequestContent */
export function planEnvironment(request: EnvironmentRequest, rules: PlanRules): PlannedEnvironment {
  if (request.interpreter !== undefined && request.interpreter !== '') return existing(request.interpreter, request, rules)
  const draft = draftOf(request, rules)
  const python = pythonOf(draft.pythonVersion, rules.pythons)
  const { requirements, drift } = mapPackages(draft.requirements, rules)
  return {
    definition: {
      pipRequirements: requirements,
      ...placesOf(draft.places),
      ...(python.version === undefined ? {} : { pythonVersion: python.version }),
    },
    drift: [...draft.drift, ...python.drift, ...drift],
  }
}

function draftOf(request: EnvironmentRequest, rules: PlanRules): Draft {
  const { name, image, condaFile } = request
  const whole = findMapping(rules.mappings, subjectOf(name))
  if (whole !== undefined) return mapped(`environment '${name}'`, whole, 'EnvironmentMapped')
  const ignored = request.build === true ? [buildIgnored(name)] : image === undefined || image === '' ? [] : [imageIgnored(image)]
  if (request.pipRequirements !== undefined || request.pyproject !== undefined) return ofPip(request, rules, ignored)
  if (condaFile !== undefined && condaFile.trim() !== '') {
    return ofConda(readConda(condaFile, name), rules, ignored)
  }
  if (request.build === true) {
    throw notSupported(
      `Environment '${name}' builds a container image, which a local compute`,
      `There is no container runtime here: say what stands for it with \`fulcrum env-map add environment:${name} --requirement <package>…\`, or give it a condaFile.`,
    )
  }
  if (image !== undefined && image !== '') return ofImage(image, name, rules)
  throw notSupported(`Environment '${name}' without condaFile, image or build`, 'Give it one of them.')
}

function ofImage(image: string, name: string, rules: PlanRules): Draft {
  const subject = subjectOf(`image:${image}`)
  const found = findMapping(rules.mappings, subject)
  if (found === undefined) {
    throw notSupported(
      `The image '${image}' of environment '${name}'`,
      `A local compute runs processes, not containers. Add a condaFile that lists the packages of the image, or say what stands for it with \`fulcrum env-map add ${subject} --requirement <package>…\`.`,
    )
  }
  const tag = /:([^:/]*)$/.exec(image)?.[1] ?? ''
  const asked = subject === 'image:python' ? /^3\.\d+/.exec(tag)?.[0] : undefined
  const draft = mapped(`image '${image}'`, found, 'ImageIgnored')
  return { ...draft, pythonVersion: found.pythonVersion ?? asked }
}

function mapped(asked: string, mapping: Mapping, code: string): Draft {
  const used = mapping.requirements.length === 0 ? 'Python without packages' : mapping.requirements.join(', ')
  const by = mapping.source === 'shipped' ? 'as shipped' : `by mapping '${mapping.source}'`
  return {
    pythonVersion: mapping.pythonVersion,
    requirements: mapping.requirements,
    drift: [{ code, asked, used, message: `Instead of ${asked}: ${used} (${by}).` }],
  }
}

function buildIgnored(name: string): EnvironmentDrift {
  return {
    code: 'BuildIgnored',
    asked: name,
    used: 'condaFile',
    message: `The build of '${name}' is not run; its condaFile is used.`,
  }
}

function imageIgnored(image: string): EnvironmentDrift {
  return {
    code: 'ImageIgnored',
    asked: image,
    used: 'the host',
    message: `The image '${image}' is not used: the packages are installed on this host.`,
  }
}

/** Both may be given: the project's own dependencies, and what is installed beside them. */
function ofPip(request: EnvironmentRequest, { pythons }: PlanRules, ignored: readonly EnvironmentDrift[]): Draft {
  const project = request.pyproject === undefined ? undefined : readPyproject(request.pyproject)
  const own = request.pipRequirements === undefined ? [] : readRequirements(request.pipRequirements)
  const places = [...(project?.requirements ?? []), ...own]
  const requires = project?.requiresPython
  const fits = [pythons.own, ...pythons.available].find((version) => requires === undefined || fitsPython(version, requires))
  if (fits === undefined) {
    throw notSupported(
      `Python '${requires}' of pyproject.toml, with Python ${pythons.available.join(', ')} on this host,`,
      'Install one that fits, or widen requires-python.',
    )
  }
  return {
    pythonVersion: requires === undefined || fits === pythons.own ? undefined : fits,
    requirements: places.map(({ text }) => text),
    drift: ignored,
    places,
  }
}

/** Whatever runs outside a job's sandbox is the operator's choice: what is asked for its packages must be named by them. */
function existing(path: string, { name }: EnvironmentRequest, { pythons, interpreters = [] }: PlanRules): PlannedEnvironment {
  const plain = normalize(path)
  const known = [...(pythons.programs ?? []), ...interpreters]
  if (!known.some((allowed) => plain === allowed || plain.startsWith(`${allowed}/`))) {
    throw notSupported(
      `The interpreter '${path}' of environment '${name}'`,
      `This host offers ${[...new Set(known)].join(', ')}; the operator adds programs or folders with FULCRUM_INTERPRETERS.`,
    )
  }
  return { definition: { pipRequirements: [], interpreter: plain }, drift: [] }
}

function placesOf(places: readonly PlacedRequirement[] | undefined): Pick<EnvironmentDefinition, 'places'> {
  return places === undefined || places.length === 0
    ? {}
    : { places: Object.fromEntries(places.map(({ text, place }) => [text, place])) }
}

function ofConda(file: CondaFile, rules: PlanRules, ignored: readonly EnvironmentDrift[]): Draft {
  const drift: EnvironmentDrift[] = [...ignored]
  const requirements: string[] = []
  for (const entry of file.packages) {
    const found = ofCondaPackage(entry, rules)
    requirements.push(...found.requirements)
    drift.push(found.drift)
  }
  const wanted = [...requirements, ...file.pipRequirements.map(({ text }) => text)]
  return {
    pythonVersion: file.pythonVersion,
    requirements: [...wanted, ...broughtByConda(wanted)],
    drift,
    places: file.pipRequirements,
  }
}

/** Conda's pip brings setuptools along; packages of some years ago import its `pkg_resources`, which ended with version 81. */
function broughtByConda(requirements: readonly string[]): readonly string[] {
  const known = requirements.length === 0 || requirements.some((requirement) => /^setuptools\b/i.test(requirement))
  return known ? [] : ['setuptools<81']
}

function ofCondaPackage(entry: CondaPackage, rules: PlanRules): { requirements: readonly string[]; drift: EnvironmentDrift } {
  const mapping =
    findMapping(rules.mappings, subjectOf(`package:${entry.text}`)) ??
    findMapping(rules.mappings, subjectOf(`package:${entry.name}`))
  if (mapping !== undefined) return { requirements: mapping.requirements, drift: packageMapped(entry.text, mapping) }
  if (/^r-base$/i.test(entry.name)) return { requirements: [], drift: ofR(entry, rules) }
  const name = pypiName(entry.name)
  const constraint = pipConstraint(entry.constraint)
  if (name === undefined || constraint === undefined) {
    throw entry.fail(
      name === undefined
        ? `the conda package '${entry.text}' is not supported: it is not known to be on PyPI. List it under pip if it is, or say what stands for it with \`fulcrum env-map add package:${entry.name}\``
        : `the constraint of the conda package '${entry.text}' is not supported; list it under pip`,
    )
  }
  const used = `${name}${constraint}`
  return {
    requirements: [used],
    drift: {
      code: 'CondaToPip',
      asked: entry.text,
      used,
      message: `The conda package '${entry.text}' is installed from PyPI as '${used}'.`,
    },
  }
}

/** R is the host's; its packages (`r-…`) are what is installed with it. */
function ofR(entry: CondaPackage, { pythons }: PlanRules): EnvironmentDrift {
  const program = pythons.rscript
  if (program === undefined || program === null)
    throw entry.fail('R is not installed on this host: there is no Rscript on its PATH. Install it (Debian: r-base-core)')
  return {
    code: 'RFromHost',
    asked: entry.text,
    used: program,
    message: `Instead of '${entry.text}': the host's R (${program}).`,
  }
}

function pythonOf(
  asked: string | undefined,
  pythons: HostPythons,
): { version: string | undefined; drift: readonly EnvironmentDrift[] } {
  if (asked === undefined || pythons.available.includes(asked)) return { version: asked, drift: [] }
  const message = `Python ${asked} is not installed here; Python ${pythons.own} is used.`
  return { version: pythons.own, drift: [{ code: 'PythonReplaced', asked, used: pythons.own, message }] }
}

function mapPackages(
  requirements: readonly string[],
  { mappings }: PlanRules,
): { requirements: string[]; drift: EnvironmentDrift[] } {
  const drift: EnvironmentDrift[] = []
  const used = requirements.flatMap((requirement) => {
    const mapping = findMapping(mappings, subjectOf(`package:${requirement}`))
    if (mapping === undefined) return [requirement]
    drift.push(packageMapped(requirement, mapping))
    return mapping.requirements
  })
  return { requirements: used, drift }
}

function packageMapped(asked: string, mapping: Mapping): EnvironmentDrift {
  const used = mapping.requirements.length === 0 ? 'nothing' : mapping.requirements.join(', ')
  return { code: 'PackageMapped', asked, used, message: `Instead of '${asked}': ${used} (by mapping '${mapping.source}').` }
}
