import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { resourceQuery, useSession } from '../../../app/queries.ts'
import { useWorkspace } from '../../../app/workspace.tsx'
import { SourceView } from '../../../ui/Code.tsx'
import type { Crumb } from '../../../ui/Page.tsx'
import { Badge, StatusBadge } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import type { ModelVersion } from '../model.ts'
import { ModelCard } from '../parts/ModelCard.tsx'
import { ModelLineage } from '../parts/ModelLineage.tsx'
import { ModelMetrics } from '../parts/ModelMetrics.tsx'
import { ModelOverview } from '../parts/ModelOverview.tsx'
import { ModelReleases } from '../parts/ModelReleases.tsx'

/** One version of a model of a workspace. */
export function ModelVersionPage() {
  const workspace = useWorkspace()
  const { asset = '', version = '' } = useParams({ strict: false }) as { asset?: string; version?: string }
  const base = `${workspace.path}/models`
  const id = workspace.id && `${workspace.id}/models/${encodeURIComponent(asset)}/versions/${encodeURIComponent(version)}`
  const crumbs = [
    { label: 'Models', href: base },
    { label: asset, href: `${base}/${encodeURIComponent(asset)}` },
  ]
  const path = `${base}/${encodeURIComponent(asset)}/${encodeURIComponent(version)}`
  return (
    <VersionPage
      id={id}
      model={asset}
      version={version}
      crumbs={crumbs}
      path={path}
      workspacePath={workspace.path}
      error={workspace.error}
    />
  )
}

/** One version of a model of a registry. */
export function RegistryModelPage() {
  const { subscriptionId } = useSession()
  const params = useParams({ strict: false }) as { resourceGroup?: string; registry?: string; model?: string; version?: string }
  const { resourceGroup = '', registry = '', model = '', version = '' } = params
  const base = `/registries/${encodeURIComponent(resourceGroup)}/${encodeURIComponent(registry)}`
  const id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.MachineLearningServices/registries/${registry}/models/${encodeURIComponent(model)}/versions/${encodeURIComponent(version)}`
  const crumbs = [
    { label: 'Registries', href: '/registries' },
    { label: registry, href: base },
  ]
  const path = `${base}/models/${encodeURIComponent(model)}/${encodeURIComponent(version)}`
  return <VersionPage id={id} model={model} version={version} crumbs={crumbs} path={path} workspacePath={undefined} />
}

interface VersionPageProps {
  readonly id: string | undefined
  readonly model: string
  readonly version: string
  readonly crumbs: readonly Crumb[]
  readonly path: string
  /** Undefined for registries. */
  readonly workspacePath: string | undefined
  readonly error?: Error | undefined
}

function VersionPage({ id, model, version, crumbs, path, workspacePath, error: scopeError }: VersionPageProps) {
  const { data, error, refetch } = useQuery(resourceQuery<ModelVersion>(id))
  const title = `${model} ${version}`
  if (!data) return <PendingPage title={title} crumbs={crumbs} error={error ?? scopeError} onRetry={() => void refetch()} />
  const { properties } = data
  const isInWorkspace = workspacePath !== undefined
  return (
    <DetailPage
      title={title}
      crumbs={crumbs}
      path={path}
      status={
        properties.provisioningState && properties.provisioningState !== 'Succeeded' ? (
          <StatusBadge status={properties.provisioningState} />
        ) : (
          <Badge>{properties.modelType ?? 'custom_model'}</Badge>
        )
      }
      facts={
        <span>
          registered <RelativeTime time={data.systemData?.createdAt} /> by {properties.author ?? data.systemData?.createdBy}
        </span>
      }
      tabs={[
        {
          id: 'overview',
          label: 'Overview',
          render: () => <ModelOverview version={data} name={model} />,
        },
        ...(isInWorkspace ? [{ id: 'metrics', label: 'Metrics', render: () => <ModelMetrics version={data} /> }] : []),
        { id: 'card', label: 'Card', render: () => <ModelCard card={properties.card} /> },
        ...(isInWorkspace
          ? [
              {
                id: 'lineage',
                label: 'Lineage',
                render: () => <ModelLineage versionId={data.id} workspacePath={workspacePath} />,
              },
            ]
          : []),
        { id: 'releases', label: 'Releases', render: () => <ModelReleases version={data} /> },
        { id: 'json', label: 'JSON', render: () => <SourceView value={data} label={title} /> },
      ]}
    />
  )
}
