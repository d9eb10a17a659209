import { armReference, at, created, part, table, unlessEmpty, type Entity, type Wire } from './translate.ts'

const container = {
  name: 'name',
  latest_version: 'properties.latestVersion',
  description: 'properties.description',
  tags: 'properties.tags',
  creation_context: created,
} as const

const version = (wire: Wire): string | undefined => {
  const [, name] = /\/versions\/([^/]+)$/.exec(String(wire['id'])) ?? []
  return name
}
const assetName = (wire: Wire): string | undefined => /\/([^/]+)\/versions\/[^/]+$/.exec(String(wire['id']))?.[1]

const asset = {
  name: assetName,
  version,
  description: 'properties.description',
  tags: 'properties.tags',
  creation_context: created,
} as const

const filled = at('properties.description', (value) => (value === '' ? undefined : value))
const isContainer = (wire: Wire): boolean => version(wire) === undefined

const dataContainer = table({
  ...container,
  description: filled,
  properties: (wire) => part(wire['properties'])['properties'] ?? {},
})
const dataVersion = table({
  ...asset,
  id: 'id',
  type: 'properties.dataType',
  path: 'properties.dataUri',
  properties: 'properties.properties',
})

/** A version of a data asset, or the container of its versions as lists give it. */
export const dataEntity = (wire: Wire): Entity => (isContainer(wire) ? dataContainer : dataVersion)(wire)

const environmentContainer = table({ ...container, description: filled, id: at('id', armReference) })
const environmentVersion = table({
  ...asset,
  id: at('id', armReference),
  image: 'properties.image',
  // Read by the caller, which has a YAML parser at hand.
  conda_file: 'properties.condaFile',
  build: at('properties.build', (value) => ({ path: part(value)['contextUri'], dockerfile_path: part(value)['dockerfilePath'] })),
  os_type: at('properties.osType', (value) => String(value).toLowerCase()),
  inference_config: at('properties.inferenceConfig', (value) => ({
    liveness_route: part(value)['livenessRoute'],
    readiness_route: part(value)['readinessRoute'],
    scoring_route: part(value)['scoringRoute'],
  })),
})

export const environmentEntity = (wire: Wire): Entity => (isContainer(wire) ? environmentContainer : environmentVersion)(wire)

const modelContainer = table({
  ...container,
  type: () => 'custom_model',
  id: at('id', armReference),
  properties: 'properties.properties',
})
const modelVersion = table({
  ...asset,
  id: at('id', armReference),
  type: 'properties.modelType',
  path: 'properties.modelUri',
  properties: 'properties.properties',
  stage: 'properties.stage',
  job_name: 'properties.jobName',
  flavors: at('properties.flavors', (value) =>
    unlessEmpty(Object.fromEntries(Object.entries(part(value)).map(([name, flavor]) => [name, part(flavor)['data'] ?? flavor]))),
  ),
})

export const modelEntity = (wire: Wire): Entity => (isContainer(wire) ? modelContainer : modelVersion)(wire)

const componentContainer = table({
  ...container,
  tags: at('properties.tags', unlessEmpty),
  description: filled,
  id: at('id', armReference),
})

/** The spec as it was written, with what the server knows beside it. */
export function componentEntity(wire: Wire): Entity {
  if (isContainer(wire)) return componentContainer(wire)
  const properties = part(wire['properties'])
  const { _source, $schema: _schema, sourceJobId: _sourceJob, ...spec } = part(properties['componentSpec'])
  const facts = table({
    id: at('id', armReference),
    description: filled,
    tags: at('properties.tags', unlessEmpty),
    creation_context: created,
  })
  return { ...facts(wire), ...spec }
}
