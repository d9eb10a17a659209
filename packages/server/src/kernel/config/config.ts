/** What an instance may be told from outside, checked and completed. Durations in milliseconds. */
export interface Config {
  /** Everything the platform keeps on this host: database, content, keys, environments, job directories. */
  readonly dataDirectory: string
  readonly http: { readonly host: string; readonly port: number }
  /** The TLS listener beside `http`, on the same address. */
  readonly https: {
    readonly port: number
    /** The user's own certificate (chain) and key, as paths of PEM files; absent = one of the instance's own authority. */
    readonly certificate: { readonly certificatePath: string; readonly keyPath: string } | undefined
  }
  readonly gateway: { readonly host: string; readonly port: number }
  /** External PostgreSQL; absent = embedded, in the data directory. */
  readonly databaseUrl: string | undefined
  readonly logLevel: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent'
  /** Isolation of local jobs. */
  readonly isolation: 'required' | 'best-effort' | 'none'
  /** The host's Python, for the job wrapper and environment builds. */
  readonly pythonExecutable: string
  /** Directories with wheels that environment builds may use without a network. */
  readonly wheelDirectories: readonly string[]
  /** Interpreters, or folders of them, that environments may name besides the host's own. */
  readonly interpreters: readonly string[]
  /** How much disk built environments may take; those not used for longest go first. */
  readonly environmentsLimitBytes: number
  /** Environments that can only be built with differences from what they ask for: build and say so, or refuse. */
  readonly environmentDrift: 'allow' | 'refuse'
  /** Outgoing requests for inputs at `https://` URLs that are not mirrored. */
  readonly externalInputs: 'allow' | 'refuse'
  /** Host header values accepted besides loopback names. */
  readonly allowedHosts: readonly string[]
  readonly subscriptionId: string
  readonly tenantId: string
  /** False skips fsync; for tests only. */
  readonly durable: boolean
  readonly engine: { readonly pollIntervalMs: number; readonly maxConcurrentJobs: number }
  /** What jobs may reserve of this host. `gpus`: as CUDA_VISIBLE_DEVICES names them. */
  readonly host: { readonly cores: number; readonly memoryBytes: number; readonly gpus: readonly string[] }
}
