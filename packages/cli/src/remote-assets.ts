import { readFile } from 'node:fs/promises'
import type { CollectedData } from '@fulcrum/contract'
import { AppError, type Client, uploadFiles, type UploadProgress } from '@fulcrum/sdk'
import { readCodeTree, readLocalTree, type LocalTree } from './local-files.ts'
import type { AssetKind, WorkspaceAssets } from './yaml/workspace-assets.ts'

/** The assets of a workspace (or registry) over its API. Uploads are named by their content, so the same files go up once. */
export function createRemoteAssets(
  client: Client,
  workspaceId: string,
  onProgress?: (progress: UploadProgress) => void,
): WorkspaceAssets {
  const exists = async (id: string): Promise<boolean> =>
    client.get(id).then(
      () => true,
      (error: unknown) => {
        if (error instanceof AppError && error.status === 404) return false
        throw error
      },
    )
  const uploaded = new Map<string, Promise<string>>()

  async function uploadOnce(tree: LocalTree): Promise<string> {
    const digest = tree.digest.slice(0, 32)
    const id = `${workspaceId}/codes/${digest}/versions/1`
    if (await exists(id)) return id
    const prefix = `LocalUpload/${digest}/${tree.kind === 'folder' ? tree.name : 'code'}`
    const codeUri = await uploadFiles(client, { workspaceId, prefix, files: tree.files, onProgress })
    await client.put(id, {
      properties: { codeUri, isAnonymous: true, properties: { hash_sha256: tree.digest, hash_version: '1' } },
    })
    return id
  }

  async function uploadTree(path: string, datastore?: string): Promise<{ uri: string; kind: LocalTree['kind'] }> {
    const tree = await readLocalTree(path)
    const prefix = `LocalUpload/${tree.digest.slice(0, 32)}${tree.kind === 'folder' ? `/${tree.name}` : ''}`
    const uri = await uploadFiles(client, { workspaceId, datastore, prefix, files: tree.files, onProgress })
    return { uri: tree.kind === 'folder' ? `${uri}/` : `${uri}/${tree.name}`, kind: tree.kind }
  }

  return {
    workspaceId,
    uploadCode(path, include = []) {
      const key = [path, ...include].join('\0')
      const running = uploaded.get(key) ?? readCodeTree(path, include).then(uploadOnce)
      uploaded.set(key, running)
      return running
    },
    uploadBuildContext: async (path) => (await uploadTree(path)).uri,
    uploadData: uploadTree,
    async latestVersion(kind, name) {
      for await (const version of client.list(`${workspaceId}/${kind}/${name}/versions`, {
        query: { $orderBy: 'createdtime desc', $top: 1 },
      }))
        return version.name
      throw new AppError('ResourceNotFound', `there is no version of '${name}' among the ${kind} of this workspace.`)
    },
    nextVersion: async (kind: AssetKind, name: string) =>
      client.get(`${workspaceId}/${kind}/${name}`).then(
        (container) => String(container.properties['nextVersion'] ?? '1'),
        (error: unknown) => {
          if (error instanceof AppError && error.status === 404) return '1'
          throw error
        },
      ),
    async ensureVersion(kind, name, version, body) {
      const id = `${workspaceId}/${kind}/${name}/versions/${version}`
      if (!(await exists(id))) await client.put(id, body)
      return id
    },
    collectedData: async (deploymentId) =>
      client.get(deploymentId).then(
        (deployment) => collectedBy(workspaceId, deploymentId, deployment.properties['dataCollector']),
        (error: unknown) => {
          if (error instanceof AppError && error.status === 404) return {}
          throw error
        },
      ),
    readText: (path) => readFile(path, 'utf8'),
  }
}

/** Collections that are switched on, with the data version of each; by Azure's rule for its name when none is given. */
function collectedBy(workspaceId: string, deploymentId: string, dataCollector: unknown): CollectedData {
  const { collections = {} } = (dataCollector ?? {}) as { collections?: Record<string, Record<string, unknown> | null> | null }
  const [, endpoint, deployment] = /\/onlineEndpoints\/([^/]+)\/deployments\/([^/]+)$/i.exec(deploymentId) ?? []
  const idOf = (collection: keyof CollectedData): string | undefined => {
    const found = collections?.[collection]
    if (String(found?.['dataCollectionMode']).toLowerCase() !== 'enabled') return undefined
    const { dataId } = found ?? {}
    if (typeof dataId !== 'string' || dataId === '')
      return `${workspaceId}/data/${endpoint}-${deployment}-${collection}/versions/1`
    return dataId.replace(/^azureml:(?=\/subscriptions\/)/i, '')
  }
  return { model_inputs: idOf('model_inputs'), model_outputs: idOf('model_outputs') }
}
