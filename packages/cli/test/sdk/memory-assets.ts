import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { readCodeTree, readLocalTree, type LocalTree } from '../../src/local-files.ts'
import type { AssetKind, WorkspaceAssets } from '../../src/yaml/workspace-assets.ts'

/** What a translation wrote besides its own body: other assets by id, and the digests of uploaded files by their path in the store. */
export interface Written {
  readonly puts: Readonly<Record<string, unknown>>
  readonly uploads: Readonly<Record<string, string>>
}

export const workspaceId =
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w'
const store = 'https://store.blob.core.windows.net'

/** A workspace in memory with the answers of the recording service: the newest version of everything is 7, the next is 8. */
export class MemoryAssets implements WorkspaceAssets, Written {
  readonly workspaceId = workspaceId
  readonly puts: Record<string, unknown> = {}
  readonly uploads: Record<string, string> = {}

  async uploadCode(path: string | undefined, include: readonly string[] = []): Promise<string> {
    const tree = await readCodeTree(path, include)
    const id = `${workspaceId}/codes/${tree.digest.slice(0, 32)}/versions/1`
    this.puts[id] = { properties: { codeUri: `${store}${await this.#keep(tree)}` } }
    return id
  }

  async uploadData(path: string): Promise<{ uri: string; kind: LocalTree['kind'] }> {
    const tree = await readLocalTree(path)
    const place = (await this.#keep(tree)).slice('/c/'.length)
    const uri = `azureml://datastores/workspaceblobstore/paths/${place}`
    return { uri: tree.kind === 'folder' ? `${uri}/` : uri, kind: tree.kind }
  }

  async uploadBuildContext(path: string): Promise<string> {
    return `${store}${await this.#keep(await readLocalTree(path))}/`
  }

  latestVersion = async (): Promise<string> => '7'
  nextVersion = async (): Promise<string> => '8'

  async ensureVersion(kind: AssetKind, name: string, version: string, body: unknown): Promise<string> {
    const id = `${workspaceId}/${kind}/${name}/versions/${version}`
    this.puts[id] = body
    return id
  }

  collectedData = async () => ({
    model_inputs: `${workspaceId}/data/e-d-model_inputs/versions/1`,
    model_outputs: `${workspaceId}/data/e-d-model_outputs/versions/1`,
  })

  readText = (path: string): Promise<string> => readFile(path, 'utf8')

  async #keep(tree: LocalTree): Promise<string> {
    const folder = `/c/LocalUpload/${tree.digest.slice(0, 32)}${tree.kind === 'folder' ? `/${tree.name}` : ''}`
    for (const file of tree.files) {
      const bytes = await file.read(0, file.sizeBytes)
      this.uploads[`${folder}/${file.path}`] = createHash('sha256').update(bytes).digest('hex')
    }
    return tree.kind === 'folder' ? folder : `${folder}/${tree.name}`
  }
}
