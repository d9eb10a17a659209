import type { Lineage } from '@fulcrum/contract'
import { useQuery } from '@tanstack/react-query'
import { GitFork } from 'lucide-react'
import { lazy, Suspense, useMemo } from 'react'
import { api } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { parseArmId } from '../../../arm.ts'
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
          label: shortName(node.name),
          detail: placed(node, versionId),
          status: 'Recorded',
          isPlain: true,
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
              cell: (edge) => (
                <LineageNode lineage={lineage} id={edge.from} versionId={versionId} workspacePath={workspacePath} />
              ),
            },
            { id: 'relation', header: 'Relation', cell: (edge) => edge.relation },
            {
              id: 'to',
              header: 'To',
              cell: (edge) => <LineageNode lineage={lineage} id={edge.to} versionId={versionId} workspacePath={workspacePath} />,
            },
          ]}
        />
      </Card>
    </>
  )
}

interface LineageNodeProps {
  readonly lineage: Lineage
  readonly id: string
  readonly versionId: string
  readonly workspacePath: string
}

type LineageEntry = Lineage['nodes'][number]

/** Names made from hashes and UUIDs say nothing beyond their first digits. */
const shortName = (name: string): string => (/^[0-9a-f-]{32,64}(:\d+)?$/i.test(name) ? name.slice(0, 8) : name)

/** Its kind, and where it is when that is not where the version in view is. */
function placed({ id, kind }: LineageEntry, versionId: string): string {
  const place = parseArmId(id)?.segments[0]?.name
  return place === undefined || place === parseArmId(versionId)?.segments[0]?.name ? kind : `${kind} in ${place}`
}

function LineageNode({ lineage, id, versionId, workspacePath }: LineageNodeProps) {
  const node = lineage.nodes.find((candidate) => candidate.id.toLowerCase() === id.toLowerCase())
  const href = assetHref(id, workspacePath)
  const name = node ? `${placed(node, versionId)} ${shortName(node.name)}` : id
  return href ? <Link href={href}>{name}</Link> : <CopyableId id={id} shown={name} />
}
