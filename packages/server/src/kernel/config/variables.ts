/** One environment variable: its name, what it is for, its default as documented. */
interface Variable {
  readonly name: string
  readonly reason: string
  readonly fallback: string
}

/** Every variable the platform reads, with the reason it exists. `docs/configuration.md` is made from this list. */
export const variables: readonly Variable[] = [
  {
    name: 'FULCRUM_HOME',
    reason: 'Where the instance keeps its data, so that it can live on another disk.',
    fallback: '~/.fulcrum',
  },
  {
    name: 'FULCRUM_HTTP_HOST',
    reason: 'Address of the API and the studio; anything but loopback opens it to the network.',
    fallback: '127.0.0.1',
  },
  { name: 'FULCRUM_HTTP_PORT', reason: 'Port of the API and the studio.', fallback: '7180' },
  {
    name: 'FULCRUM_HTTPS_PORT',
    reason: "Port of the same API with TLS, which Azure's clients insist on; the address is that of FULCRUM_HTTP_HOST.",
    fallback: '7443',
  },
  {
    name: 'FULCRUM_TLS_CERTIFICATE',
    reason: "PEM file with a certificate (and its chain) of your own, instead of one of the instance's authority.",
    fallback: '(none)',
  },
  { name: 'FULCRUM_TLS_KEY', reason: 'PEM file with the private key of FULCRUM_TLS_CERTIFICATE.', fallback: '(none)' },
  { name: 'FULCRUM_GATEWAY_HOST', reason: 'Address on which predictions are served.', fallback: '127.0.0.1' },
  { name: 'FULCRUM_GATEWAY_PORT', reason: 'Port on which predictions are served.', fallback: '7190' },
  { name: 'FULCRUM_DATABASE_URL', reason: 'PostgreSQL 15 or newer to use instead of the embedded one.', fallback: '(embedded)' },
  { name: 'FULCRUM_LOG_LEVEL', reason: 'How much the processes log: trace, debug, info, warn, error, silent.', fallback: 'info' },
  {
    name: 'FULCRUM_ISOLATION',
    reason: 'Isolation of local jobs: required refuses to run without it, best-effort records what was missing, none.',
    fallback: 'best-effort',
  },
  {
    name: 'FULCRUM_PYTHON',
    reason: 'Python 3.10 or newer that runs the job wrapper and builds environments.',
    fallback: 'python3',
  },
  {
    name: 'FULCRUM_WHEEL_DIRECTORIES',
    reason: 'Directories with wheels (separated by a colon) for builds without a network.',
    fallback: '(none)',
  },
  {
    name: 'FULCRUM_INTERPRETERS',
    reason:
      "Interpreters, or folders with environments (separated by a colon), that environments may name besides the host's own.",
    fallback: '(none)',
  },
  {
    name: 'FULCRUM_ENVIRONMENTS_LIMIT_GB',
    reason: 'Disk that built environments may take; those not used for longest are removed, never one in use.',
    fallback: '50',
  },
  {
    name: 'FULCRUM_ENVIRONMENT_DRIFT',
    reason:
      'Environments that this host can only build with differences (image, Python, conda packages): allow and record, or refuse.',
    fallback: 'allow',
  },
  {
    name: 'FULCRUM_EXTERNAL_INPUTS',
    reason: 'Inputs at https:// URLs that are not mirrored: refuse, or allow to fetch them.',
    fallback: 'refuse',
  },
  {
    name: 'FULCRUM_ALLOWED_HOSTS',
    reason: 'Host names, separated by commas, under which the server may be reached besides loopback.',
    fallback: '(none)',
  },
  {
    name: 'FULCRUM_SUBSCRIPTION_ID',
    reason: 'Subscription id in resource ids; set it to keep the ids of an Azure subscription.',
    fallback: '00000000-0000-0000-0000-000000000001',
  },
  { name: 'FULCRUM_TENANT_ID', reason: 'Tenant id that clients are shown.', fallback: '00000000-0000-0000-0000-000000000002' },
  { name: 'FULCRUM_MAX_CONCURRENT_JOBS', reason: 'Job processes at once on this host.', fallback: 'number of cores' },
  { name: 'FULCRUM_CORES', reason: 'Cores that jobs may reserve together.', fallback: 'number of cores' },
  { name: 'FULCRUM_MEMORY_MEGABYTES', reason: 'Memory that jobs may reserve together, in MiB.', fallback: 'memory of the host' },
  {
    name: 'FULCRUM_GPUS',
    reason: 'GPUs that jobs may reserve, as CUDA_VISIBLE_DEVICES names them, separated by commas; `none` for none.',
    fallback: 'those in /dev',
  },
]

export type Environment = Readonly<Record<string, string | undefined>>

/** The documented default of a variable. */
export function defaultOf(name: string): string {
  const variable = variables.find((candidate) => candidate.name === name)
  if (variable === undefined) throw new Error(`${name} is read but not listed among the variables`)
  return variable.fallback
}
