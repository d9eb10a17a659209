/** Where a section's resources live below the workspace, or below the subscription for instance-wide sections. */
export interface SectionSource {
  readonly title: string
  readonly isInstanceWide: boolean
  /** Path below the workspace or subscription, with a leading slash; empty for the workspace itself. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  /** What one of these is, in one sentence. */
  readonly teaching: string
}

/** Sections that show their resources as the API gives them. */
export const sectionSources: Readonly<Record<string, SectionSource>> = {
  pipelines: {
    title: 'Pipelines',
    isInstanceWide: false,
    path: '/jobs',
    query: { jobType: 'Pipeline' },
    teaching: 'A pipeline is a graph of steps that hand their outputs on; each run of one is a job.',
  },
  data: {
    title: 'Data',
    isInstanceWide: false,
    path: '/data',
    teaching: 'A data asset is a named, versioned reference to a file, a folder or a table.',
  },
  environments: {
    title: 'Environments',
    isInstanceWide: false,
    path: '/environments',
    teaching: 'An environment pins the packages a job or a deployment runs with.',
  },
  compute: {
    title: 'Compute',
    isInstanceWide: false,
    path: '/computes',
    teaching: 'A compute is where jobs run: this machine, containers, Kubernetes or a cluster.',
  },
  models: {
    title: 'Models',
    isInstanceWide: false,
    path: '/models',
    teaching: 'A model is a named series of versions, each with its files, metrics and lineage.',
  },
  endpoints: {
    title: 'Endpoints',
    isInstanceWide: false,
    path: '/onlineEndpoints',
    teaching: 'An endpoint is a stable scoring URL; deployments behind it share its traffic.',
  },
  monitors: {
    title: 'Monitors',
    isInstanceWide: false,
    path: '/schedules',
    teaching: 'A monitor compares production data with a reference on a schedule and raises an event beyond its thresholds.',
  },
  access: {
    title: 'Access',
    isInstanceWide: false,
    path: '/providers/Microsoft.Authorization/roleAssignments',
    teaching: 'A role assignment lets a person, group or identity do the actions of a role at a scope.',
  },
  settings: { title: 'Settings', isInstanceWide: false, path: '', teaching: 'The workspace as the API gives it.' },
  registries: {
    title: 'Registries',
    isInstanceWide: true,
    path: '/providers/Microsoft.MachineLearningServices/registries',
    teaching: 'A registry shares models, data, environments and components between workspaces, by digest.',
  },
  releases: {
    title: 'Releases',
    isInstanceWide: true,
    path: '/providers/Fulcrum.Delivery/releases',
    teaching: 'A release takes one model version from dev to test to prod through gates that cannot be skipped.',
  },
  activity: {
    title: 'Activity',
    isInstanceWide: true,
    path: '/providers/Microsoft.Insights/eventtypes/management/values',
    teaching: 'The activity log says who did what, when, and with which outcome.',
  },
}
