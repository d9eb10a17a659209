import { join } from 'node:path'
import { armId, resourceGroupId, workspaceId } from '@fulcrum/contract'
import { createClient, type Client } from '@fulcrum/sdk'
import type { Connection } from '../connection.ts'
import { installDirectory } from '../install-directory.ts'
import type { Progress } from '../output/progress.ts'
import { createActors } from './actors.ts'
import type { TourStore } from './state.ts'

/** Where the parts of examples/flights/instance.yml are. */
export interface Places {
  readonly instance: string
  readonly dev: string
  readonly test: string
  readonly prod: string
  readonly registry: string
  readonly shared: string
  readonly endpointName: string
  readonly modelName: string
}

/** What each step of the tour is given: clients of the people in it, the places, the memory, and a line to talk on. */
export interface Guide {
  readonly connection: Connection
  readonly admin: Client
  /** Speaks as one of the demo principals. */
  as(name: string): Promise<Client>
  readonly places: Places
  readonly store: TourStore
  readonly example: string
  readonly signal: AbortSignal
  /** What happens now, behind the step's title. */
  say(text: string): void
  /** A line that stays: a fact, a refusal that was wanted, a link. */
  note(text: string): void
  /** Address of a page of the studio. */
  studio(path: string): string
  /** Address of a page within a workspace. */
  studioOf(workspace: string, path: string): string
}

export function createGuide(connection: Connection, store: TourStore, progress: Progress, signal: AbortSignal): Guide {
  const admin = createClient({ baseUrl: connection.apiUrl, token: connection.token })
  const places = placesOf(connection.subscriptionId)
  const actors = createActors(connection, admin, store)
  return {
    connection,
    admin,
    as: actors,
    places,
    store,
    example: join(installDirectory(), 'examples', 'flights'),
    signal,
    say: (text) => progress.detail(text),
    note: (text) => progress.note(text),
    studio: (path) => `${connection.apiUrl}${path}`,
    studioOf(workspace, path) {
      const [, , , , group, , , , name] = workspace.split('/')
      return `${connection.apiUrl}/w/${group}/${name}${path}`
    },
  }
}

/** The names of examples/flights/instance.yml. */
function placesOf(subscription: string): Places {
  const shared = resourceGroupId(subscription, 'rg-flights-shrd')
  return {
    instance: `/subscriptions/${subscription}/providers/Fulcrum.Platform/instances/flights`,
    dev: workspaceId(subscription, 'rg-flights-dev', 'mlw-flights-dev'),
    test: workspaceId(subscription, 'rg-flights-test', 'mlw-flights-test'),
    prod: workspaceId(subscription, 'rg-flights-prod', 'mlw-flights-prod'),
    registry: armId(subscription, 'rg-flights-shrd', 'Microsoft.MachineLearningServices', [['registries', 'mlr-flights']]),
    shared,
    endpointName: 'flight-delay',
    modelName: 'flight-delay',
  }
}

/** The registry's copy of a model version, as deployments and jobs name it. */
export function registryModel(places: Places, version: string): string {
  return `azureml://registries/mlr-flights/models/${places.modelName}/versions/${version}`
}

export function releaseId(places: Places, version: string): string {
  return `${places.shared}/providers/Fulcrum.Delivery/releases/${places.modelName}-${version}`
}
