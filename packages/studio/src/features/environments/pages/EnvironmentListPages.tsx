import type { EnvironmentDrift } from '@fulcrum/contract'
import { Layers } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { AssetListPage, AssetVersionsPage, type AssetKind } from '../../../app/AssetPages.tsx'
import { workspaceOptions } from '../../../app/same-by.ts'
import { CodeBlock } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'

export const environmentKind: AssetKind = { collection: 'environments', title: 'Environments', cliNoun: 'environment' }

export type EnvironmentVersion = ArmResource<{
  readonly image?: string | null
  readonly condaFile?: string | null
  readonly osType?: string | null
  /** How what is built here differs from what is asked for. */
  readonly drift?: readonly EnvironmentDrift[]
  readonly description?: string | null
}>

const condaFile = `name: train
dependencies:
  - python=3.11
  - pip:
      - scikit-learn==1.7.2`

/** The environments of a workspace. */
export function EnvironmentListPage() {
  return (
    <AssetListPage
      kind={environmentKind}
      empty={(_same, workspace) => (
        <EmptyState
          icon={<Layers />}
          title="No environments yet"
          teach={
            <CodeBlock
              code={`cat > conda.yml <<'YAML'\n${condaFile}\nYAML\nfulcrum environment create --file conda.yml ${workspaceOptions(workspace)}`}
              label="Create an environment"
            />
          }
        >
          An environment pins the packages a job or a deployment runs with. It is resolved once, locked, and cached by its
          content.
        </EmptyState>
      )}
    />
  )
}

/** The versions of one environment. */
export function EnvironmentVersionsPage() {
  return (
    <AssetVersionsPage<EnvironmentVersion>
      kind={environmentKind}
      columns={[
        { id: 'image', header: 'Image', width: 'minmax(160px, 1.6fr)', cell: (row) => row.properties.image || 'this host' },
        {
          id: 'spec',
          header: 'Packages from',
          width: '140px',
          cell: (row) => (row.properties.condaFile ? 'conda file' : 'image only'),
        },
        {
          id: 'description',
          header: 'Description',
          width: 'minmax(140px, 1fr)',
          cell: (row) => row.properties.description || '–',
        },
      ]}
    />
  )
}
