import { useQuery } from '@tanstack/react-query'
import { Signature } from 'lucide-react'
import type { ArmResource } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { resourceQuery } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { parseArmId } from '../../../arm.ts'
import { Card, CardGrid, Stack } from '../../../ui/Card.tsx'
import { CodeBlock, CopyableId } from '../../../ui/Code.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { formatBytes } from '../../../ui/format.ts'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'
import { Badge, StatusDot } from '../../../ui/Status.tsx'
import { columnsOf, typeOf, type ModelVersion } from '../model.ts'

interface ModelOverviewProps {
  readonly version: ModelVersion
  readonly name: string
}

/** What the version is: its digest, where it came from, what it takes and gives. */
export function ModelOverview({ version, name }: ModelOverviewProps) {
  const { properties } = version
  return (
    <>
      <CardGrid minWidth={380}>
        <Card title="Version">
          <KeyValueList
            items={[
              { key: 'Digest', value: properties.digest ? <CopyableId id={properties.digest} /> : 'no files were found' },
              {
                key: 'Files',
                value: `${properties.fileCount ?? 0}, ${formatBytes(properties.sizeBytes ?? 0)}`,
              },
              { key: 'Flavors', value: <Flavors flavors={properties.flavors ?? {}} /> },
              { key: 'Made by job', value: properties.jobName && <Maker version={version} jobName={properties.jobName} /> },
              { key: 'Stage', value: properties.stage || undefined },
              { key: 'Description', value: properties.description || undefined },
              { key: 'Files at', value: properties.modelUri ? <CopyableId id={properties.modelUri} /> : undefined },
              { key: 'Id', value: <CopyableId id={version.id} shown={`…/models/${name}/versions/${version.name}`} /> },
            ]}
          />
        </Card>
        <Conditions version={version} />
      </CardGrid>
      <ModelSignature version={version} />
      <SameByCard
        {...sameRead(
          `fulcrum model show ${name} --version ${version.name}`,
          version.id,
          `import mlflow\n\nmodel = mlflow.pyfunc.load_model("models:/${name}/${version.name}")`,
        )}
      />
    </>
  )
}

/** The job by the name that people gave it: the names of steps are UUIDs. */
function Maker({ version, jobName }: { version: ModelVersion; jobName: string }) {
  const id = version.id.replace(/\/models\/[^/]+\/versions\/[^/]+$/i, `/jobs/${jobName}`)
  const href = assetHref(id, '')
  const isHere = parseArmId(id)?.segments[0]?.type.toLowerCase() === 'workspaces'
  const { data } = useQuery(resourceQuery<ArmResource<{ readonly displayName?: string | null }>>(isHere ? id : undefined))
  const shown = data?.properties.displayName || jobName
  return isHere && href ? <Link href={href}>{shown}</Link> : shown
}

function Flavors({ flavors }: { flavors: Readonly<Record<string, unknown>> }) {
  const names = Object.keys(flavors)
  if (names.length === 0) return <>–</>
  return (
    <Stack row gap={1}>
      {names.map((flavor) => (
        <Badge key={flavor}>{flavor}</Badge>
      ))}
    </Stack>
  )
}

function Conditions({ version }: { version: ModelVersion }) {
  const conditions = version.properties.conditions ?? []
  return (
    <Card title="Conditions">
      {conditions.length > 0 ? (
        <KeyValueList
          items={conditions.map((condition) => ({
            key: condition.type,
            value: <StatusDot status={condition.status === 'True' ? 'Succeeded' : 'Failed'} detail={condition.message ?? ''} />,
          }))}
        />
      ) : (
        'Nothing is known against this version.'
      )}
    </Card>
  )
}

/** What the model takes and gives. */
function ModelSignature({ version }: { version: ModelVersion }) {
  const { signature } = version.properties
  const sides = [
    { id: 'in', title: 'Inputs', columns: columnsOf(signature?.inputs) },
    { id: 'out', title: 'Outputs', columns: columnsOf(signature?.outputs) },
  ].filter(({ columns }) => columns.length > 0)
  if (sides.length === 0) {
    return (
      <Card title="Signature">
        <EmptyState
          icon={<Signature />}
          title="This version has no signature"
          teach={
            <CodeBlock
              code={
                'from mlflow.models import infer_signature\n\nmlflow.sklearn.log_model(model, name="model", signature=infer_signature(X, model.predict(X)))'
              }
              label="Log a signature"
            />
          }
        >
          A signature names and types what goes in and comes out. Endpoints check requests by it and the Test tab builds its form
          from it.
        </EmptyState>
      </Card>
    )
  }
  return (
    <CardGrid minWidth={320}>
      {sides.map((side) => (
        <Card key={side.id} title={side.title} isFlush>
          <SimpleTable
            label={side.title}
            rows={side.columns.map((column, position) => ({ position, column }))}
            rowKey={({ position }) => String(position)}
            columns={[
              {
                id: 'name',
                header: 'Name',
                cell: ({ column, position }) => <strong>{column.name ?? `#${position + 1}`}</strong>,
              },
              { id: 'type', header: 'Type', cell: ({ column }) => typeOf(column) },
              { id: 'required', header: 'Required', cell: ({ column }) => (column.required === false ? 'no' : 'yes') },
            ]}
          />
        </Card>
      ))}
    </CardGrid>
  )
}
