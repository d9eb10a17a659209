import { randomUUID } from 'node:crypto'
import type { BlobServiceClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob'

type Step = readonly [what: string, ...outcome: unknown[]]
interface Tools {
  readonly service: BlobServiceClient
  readonly container: ContainerClient
  /** The client tells another name where the account is a part of the path. */
  readonly containerName: string
  readonly blob: (name: string) => BlockBlobClient
  /** Notes the outcome of a call: its status and what `pick` takes, or status and code of its refusal. */
  readonly note: <Result>(what: string, call: Promise<Result>, pick?: (result: Result) => unknown) => Promise<Result | undefined>
}
export type Scenario = (tools: Tools) => Promise<void>

interface Answer {
  readonly _response?: { readonly status: number }
  readonly statusCode?: number
}

/** Runs a scenario in a container of its own. */
export async function runScenario(scenario: Scenario, service: BlobServiceClient, url: string): Promise<Step[]> {
  const steps: Step[] = []
  let names: Readonly<Record<string, string>> = {}
  const note: Tools['note'] = async (what, call, pick) => {
    try {
      const result = await call
      steps.push([what, (result as Answer | undefined)?._response?.status ?? 'done', plain(pick?.(result), names)])
      return result
    } catch (error) {
      const { statusCode, code, details } = error as { statusCode?: number; code?: string; details?: { errorCode?: string } }
      if (statusCode === undefined) throw error
      steps.push([what, statusCode, code ?? details?.errorCode])
      return undefined
    }
  }
  const containerName = `s-${randomUUID()}`
  const container = service.getContainerClient(containerName)
  await container.create()
  names = { [url]: '{url}', [containerName]: '{container}' }
  await scenario({ service, container, containerName, blob: (path) => container.getBlockBlobClient(path), note })
  await container.delete()
  return steps
}

/** Without what differs between servers by nature. */
function plain(value: unknown, names: Readonly<Record<string, string>>): unknown {
  let text = JSON.stringify(value ?? null)
  for (const [name, mark] of Object.entries(names)) text = text.replaceAll(name, mark)
  return JSON.parse(text)
}
