import type { Lineage } from '@fulcrum/contract'
import { useQuery } from '@tanstack/react-query'
import { GitFork } from 'lucide-react'
import { lazy, Suspense, useMemo } from 'react'
import { api } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { Panel } from '../../../app/Panel.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { prepareGraph } from '../../../graph/prepare-graph.ts'
import { Card } from '../../../ui/Card.tsx'
import { CopyableId } from '../../../ui/Code.tsx'
import { EmptyState, Skeleton } from '../../../ui/Feedback.tsx'
import { Link } from '../../../ui/Link.tsx'
import { useNavigation } from '../../../ui/navigation.tsx'
import { SimpleTable } from '../../../ui/SimpleTable.tsx'

const DagGraph = lazy(() => import('../../../graph/DagGraph.tsx').then((module) => ({ default: module.DagGraph })))

/** What the version was made from and where it is used, as a graph with its twin as a table. */
export function ModelLineage({ versionId, workspacePath }: { versionId: string; workspacePath: string }) {
  const lineage = useQuery({
    queryKey: ['arm', versionId, 'lineage'],
    queryFn: ({ signal }) => api.get<Lineage>(`${versionId}/lineage`, { signal }),
  })
  return (
    <>
      <Panel query={lineage} height={420}>
        {(data) => <LineageGraph lineage={data} versionId={versionId} workspacePath={workspacePath} />}
      </Panel>
      <SameByCard {...sameRead(undefined, `${versionId}/lineage`)} />
    </>
  )
}

function LineageGraph({ lineage, versionId, workspacePath }: { lineage: Lineage; versionId: string; workspacePath: string }) {
  const { push } = useNavigation()
  const graph = useMemo(
    () =>
      prepareGraph(
        lineage.nodes.map((node) => ({
          id: node.id,
          label: node.name,
          detail: node.kind,
          status: 'Recorded',
          needs: lineage.edges
            .filter((edge) => edge.to.toLowerCase() === node.id.toLowerCase())
            .map((edge) => ({ id: edge.from, label: edge.relation })),
        })),
      ),
    [lineage],
  )
  if (lineage.edges.length === 0) {
    return (
      <Card>
        <EmptyState icon={<GitFork />} title="Nothing is tied to this version yet">
          Lineage is recorded when a version is made by a job that declares its inputs, and when the version is deployed or
          shared.
        </EmptyState>
      </Card>
    )
  }
  return (
    <>
      <Card title="Where it came from, where it went" isFlush>
        <Suspense fallback={<Skeleton height={380} />}>
          <DagGraph
            graph={graph}
            label="Lineage"
            height={380}
            selected={versionId}
            onSelect={(id) => {
              const href = id && id !== versionId ? assetHref(id, workspacePath) : undefined
              if (href) push(href)
            }}
          />
        </Suspense>
      </Card>
      <Card title="As a list" isFlush>
        <SimpleTable
          label="Lineage as a list"
          rows={lineage.edges}
          rowKey={(edge) => `${edge.from} ${edge.relation} ${edge.to}`}
          columns={[
            {
              id: 'from',
              header: 'From',
              cell: (edge) => <LineageNode lineage={lineage} id={edge.from} workspacePath={workspacePath} />,
            },
            { id: 'relation', header: 'Relation', cell: (edge) => edge.relation },
            {
              id: 'to',
              header: 'To',
              cell: (edge) => <LineageNode lineage={lineage} id={edge.to} workspacePath={workspacePath} />,
            },
          ]}
        />
      </Card>
    </>
  )
}

function LineageNode({ lineage, id, workspacePath }: { lineage: Lineage; id: string; workspacePath: string }) {
  const node = lineage.nodes.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase())
  const href = assetHref(id, workspacePath)
  const name = `${node?.kind ?? ''} ${node?.name ?? id}`
  return href ? <Link href={href}>{name}</Link> : <CopyableId id={id} shown={name} />
}
