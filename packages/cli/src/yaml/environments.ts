import { stringify } from 'yaml'
import { assetId, at, contentHash, included, isRemote, localPath } from './references.ts'
import { choice, integer, mapping, raw, type Run, type Shape, text, texts, translate, unsent } from './shape.ts'
import { compact } from './values.ts'
import { YamlFile } from './yaml-file.ts'
import type { YamlNode } from './yaml-node.ts'

const route = mapping({ path: text, port: integer })

const environmentShape: Shape = {
  name: unsent,
  version: unsent,
  description: text,
  tags: texts,
  properties: raw,
  image: text,
  conda_file: { as: 'condaFile', rule: (node, run) => condaText(node, run) },
  // Ours: Azure has conda files only.
  pip_requirements: { as: 'pipRequirements', rule: (node, run) => fileText(node, run, 'requirements file') },
  pyproject: { as: 'pyproject', rule: (node, run) => fileText(node, run, 'pyproject.toml') },
  interpreter: text,
  build: mapping({
    path: {
      as: 'contextUri',
      rule: (node, { assets }) => (isRemote(node.text()) ? node.text() : at(node, assets.uploadBuildContext(localPath(node)))),
    },
    dockerfile_path: text,
  }),
  inference_config: mapping({ liveness_route: route, readiness_route: route, scoring_route: route }),
  os_type: choice({ linux: 'Linux', windows: 'Windows' }),
  datastore: unsent,
}

/** An environment by reference, by the path of its file, or written in place; the last two become anonymous versions named by content. */
export async function environmentId(node: YamlNode, run: Run): Promise<string> {
  if (node.isMapping()) return anonymousEnvironment(node, run)
  if (/^file:|\.ya?ml$/i.test(node.text()) && !isRemote(node.text())) return anonymousEnvironment(await included(node, run), run)
  return assetId(node, 'environments', run.assets)
}

async function anonymousEnvironment(node: YamlNode, run: Run): Promise<string> {
  const properties = { ...(await environmentProperties(node, run)), isAnonymous: true }
  const version = (await contentHash(properties)).slice(0, 32)
  return run.assets.ensureVersion('environments', 'CliV2AnonymousEnvironment', version, { properties })
}

/** The `properties` of an environment version. */
export async function environmentProperties(node: YamlNode, run: Run): Promise<Record<string, unknown>> {
  const { build, ...rest } = await translate(node, environmentShape, run)
  const given = ['image', 'condaFile', 'pipRequirements', 'pyproject', 'interpreter'].some((member) => rest[member] !== undefined)
  if (build === undefined && !given)
    throw node.fail(
      "an environment needs 'image', 'conda_file' or 'build'; here also 'pip_requirements', 'pyproject' or 'interpreter'.",
      'key',
    )
  return compact({
    isAnonymous: false,
    isArchived: false,
    ...rest,
    build,
  })
}

async function fileText(node: YamlNode, run: Run, what: string): Promise<string> {
  return run.assets.readText(localPath(node)).catch(() => {
    throw node.fail(`the ${what} '${node.text()}' was not found next to ${node.file.path}.`)
  })
}

/** Text of a conda file, as the SDK sends it: parsed and printed again with sorted keys. */
async function condaText(node: YamlNode, run: Run): Promise<string> {
  if (node.isMapping()) return printConda(node.value)
  const text = await run.assets.readText(localPath(node)).catch(() => {
    throw node.fail(`the conda file '${node.text()}' was not found next to ${node.file.path}.`)
  })
  return printConda(new YamlFile(localPath(node), text, { version: '1.1' }).value)
}

/** As Python's `yaml.dump` prints: lists not indented, keys sorted. */
export function printConda(value: unknown): string {
  return stringify(value, { sortMapEntries: true, indentSeq: false, lineWidth: 0, version: '1.1' })
}
