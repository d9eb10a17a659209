import type { CollectedData } from '@fulcrum/contract'

/** All that the translation asks of the outside: the platform's look-ups and uploads, and the text of files. Tests answer from memory. */
export interface WorkspaceAssets {
  /** ARM id of the workspace, or of the registry. */
  readonly workspaceId: string
  /**
   * Uploads code as it is filtered by `.amlignore` or `.gitignore`; the same content is uploaded once.
   * @param localPath folder or file; absent when a component has only `include`
   * @param include further files and folders (`additional_includes`), each under its own name
   * @returns the ARM id of the code version
   */
  uploadCode(localPath: string | undefined, include?: readonly string[]): Promise<string>
  /** Uploads a file or folder of data. @returns its `azureml://datastores/…` URI, ending in `/` for a folder */
  uploadData(localPath: string, datastore?: string): Promise<{ uri: string; kind: 'file' | 'folder' }>
  /** Uploads the context of an image build. @returns the https address of the folder */
  uploadBuildContext(localPath: string): Promise<string>
  /** The newest version of an asset, for `@latest`. @throws when there is none */
  latestVersion(kind: AssetKind, name: string): Promise<string>
  /** The version that comes next, for assets without one; `1` for a new asset. */
  nextVersion(kind: AssetKind, name: string): Promise<string>
  /** Creates an anonymous version unless it is there. @returns its ARM id */
  ensureVersion(kind: AssetKind, name: string, version: string, body: unknown): Promise<string>
  /** What an online deployment collects of its requests and answers; nothing for one that is not there. */
  collectedData(deploymentId: string): Promise<CollectedData>
  /** @throws when there is no such file */
  readText(localPath: string): Promise<string>
}

export type AssetKind = 'data' | 'models' | 'environments' | 'components' | 'codes'
