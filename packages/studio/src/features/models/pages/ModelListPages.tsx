import { Boxes } from 'lucide-react'
import { AssetListPage, AssetVersionsPage, type AssetKind } from '../../../app/AssetPages.tsx'
import { workspaceOptions } from '../../../app/same-by.ts'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { formatBytes } from '../../../ui/format.ts'
import { Badge } from '../../../ui/Status.tsx'
import type { ModelVersion } from '../model.ts'

export const modelKind: AssetKind = { collection: 'models', title: 'Models', cliNoun: 'model' }

/** The models of a workspace. */
export function ModelListPage() {
  return (
    <AssetListPage
      kind={modelKind}
      empty={(_same, workspace) => (
        <EmptyState
          icon={<Boxes />}
          title="No models yet"
          teach={
            <CodeBlock
              code={`# in a job, with the mlflow client\nmlflow.sklearn.log_model(model, name="model", registered_model_name="churn")\n\n# or from files\nfulcrum model create --name churn --path ./model --type mlflow_model ${workspaceOptions(workspace)}`}
              label="Register a model"
            />
          }
        >
          A model is a named series of versions, each with its files pinned by digest, its metrics, its signature and its lineage.
        </EmptyState>
      )}
    />
  )
}

/** The versions of one model. */
export function ModelVersionsPage() {
  return (
    <AssetVersionsPage<ModelVersion>
      kind={modelKind}
      columns={[
        {
          id: 'type',
          header: 'Type',
          width: '130px',
          cell: (row) => <Badge>{row.properties.modelType ?? 'custom_model'}</Badge>,
        },
        {
          id: 'author',
          header: 'Registered by',
          width: '150px',
          cell: (row) => row.properties.author ?? row.systemData?.createdBy ?? '–',
        },
        { id: 'job', header: 'Made by job', width: 'minmax(130px, 1fr)', cell: (row) => row.properties.jobName || '–' },
        {
          id: 'size',
          header: 'Size',
          width: '100px',
          isNumeric: true,
          cell: (row) => (row.properties.sizeBytes === undefined ? '–' : formatBytes(row.properties.sizeBytes)),
        },
        {
          id: 'digest',
          header: 'Digest',
          width: '170px',
          cell: (row) => <code>{row.properties.digest?.slice(0, 19) ?? '–'}</code>,
        },
      ]}
    />
  )
}
