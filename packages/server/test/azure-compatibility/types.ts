/** Variants of Azure ML's resources, declared once: the test tries each, and docs/azure-compatibility.md lists them. */

/** What becomes of a variant when it is used. */
export type Runs =
  /** `provenBy`: the test that runs it, below `packages/`; absent: the compatibility test itself runs the job. */
  | { readonly runs: 'yes'; readonly note?: string; readonly provenBy?: string }
  /** Nothing to run: it is read by people or by other resources. */
  | { readonly runs: 'kept'; readonly note?: string }
  /** `when` says how it is tried; the answer contains `message`. */
  | { readonly runs: 'refused'; readonly when: Trial; readonly message: string }

/**
 * `job`: the job itself ends as Failed. `step`, `compute`, `environment`, `input`: a job that uses the resource does.
 * `POST …`: the request to that path below the resource is answered with 400 NotSupported.
 */
export type Trial = 'job' | 'step' | 'compute' | 'environment' | 'input' | `POST ${string}`

export type Variant = Runs & {
  readonly name: string
  /** Below the workspace; below the registry for those of `registry`; below the resource group for those of `group`. */
  readonly path: string
  readonly below?: 'workspace' | 'registry' | 'group'
  readonly body: Body
  /** Members that are shown otherwise than written: secrets, spellings. */
  readonly shown?: Members
}

export interface Area {
  readonly title: string
  readonly variants: readonly Variant[]
}

export type Members = Readonly<Record<string, unknown>>
export interface Body {
  readonly location?: string
  readonly kind?: string
  readonly sku?: Members
  readonly properties: Members
}
