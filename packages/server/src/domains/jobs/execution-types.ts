/** The record of what an attempt was really run with. */

export interface BoundData {
  /** As asked for. */
  readonly mode: string
  /** What a host without FUSE does for it. */
  readonly done: 'address' | 'copy' | 'read-only copy' | 'read-only links' | 'published at the end'
  readonly uri?: string
  readonly path?: string
  readonly kind?: 'file' | 'folder'
  readonly files?: number
  readonly sizeBytes?: number
  /** The files that an MLTable selects were given, not the MLTable. */
  readonly evaluated?: boolean
  /** Id of the registered model whose pinned files these are. */
  readonly model?: string
}

export interface ExecutionRecord {
  readonly environment?: {
    /** Id of the environment version; `null`: the host's own Python. */
    readonly reference: string | null
    readonly lockHash: string
    /** Absolute path of the interpreter. */
    readonly python: string
    /** `3.11.7`. */
    readonly pythonVersion: string | null
  }
  readonly inputs?: Readonly<Record<string, BoundData>>
  readonly outputs?: Readonly<Record<string, BoundData>>
}
