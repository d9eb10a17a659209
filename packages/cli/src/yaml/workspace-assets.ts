/** What the translation asks of the platform: uploads and look-ups. Tests answer from memory. */
export interface WorkspaceAssets {
  /** ARM id of the workspace, or of the registry. */
  readonly workspaceId: string
  /** Uploads a folder or file of code; the same content is uploaded once. @returns the ARM id of the code version */
  uploadCode(localPath: string): Promise<string>
  /** Uploads a file or folder of data. @returns its `azureml://datastores/…` URI, ending in `/` for a folder */
  uploadData(localPath: string, datastore?: string): Promise<{ uri: string; kind: 'file' | 'folder' }>
  /** The newest version of an asset, for `@latest`. @throws when there is none */
  latestVersion(kind: AssetKind, name: string): Promise<string>
  /** The version that comes next, for assets without one; `1` for a new asset. */
  nextVersion(kind: AssetKind, name: string): Promise<string>
  /** Creates an anonymous version unless it is there. @returns its ARM id */
  ensureVersion(kind: AssetKind, name: string, version: string, body: unknown): Promise<string>
  readText(localPath: string): Promise<string>
}

export type AssetKind = 'data' | 'models' | 'environments' | 'components' | 'codes'
