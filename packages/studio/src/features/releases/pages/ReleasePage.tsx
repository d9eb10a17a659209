import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { api, type Page } from '../../../api.ts'
import { assetHref } from '../../../app/asset-link.ts'
import { DetailPage, PendingPage } from '../../../app/DetailPage.tsx'
import { resourceQuery, useSession } from '../../../app/queries.ts'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead, sameWrite } from '../../../app/same-by.ts'
import { Card, CardGrid } from '../../../ui/Card.tsx'
import { CopyableId, SourceView } from '../../../ui/Code.tsx'
import { Link } from '../../../ui/Link.tsx'
import { KeyValueList } from '../../../ui/Page.tsx'
import { StatusBadge } from '../../../ui/Status.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { Timeline } from '../../../ui/Timeline.tsx'
import { EvidenceTables } from '../parts/EvidenceTables.tsx'
import { GateTimeline } from '../parts/GateTimeline.tsx'
import { Rollouts } from '../parts/RolloutView.tsx'
import { evidenceKey, releaseId, useGates, useRollouts } from '../queries.ts'
import { gatesOf, type Evidence, type GateView, type Release } from '../release.ts'

/** One release: its gates with their decisions, its evidence, its way into production. */
export function ReleasePage() {
  const { resourceGroup = '', release: name = '' } = useParams({ strict: false }) as { resourceGroup?: string; release?: string }
  const { subscriptionId } = useSession()
  const { data, error, refetch } = useQuery(resourceQuery<Release>(releaseId(subscriptionId, resourceGroup, name)))
  if (data) return <LoadedRelease release={data} resourceGroup={resourceGroup} />
  const crumbs = [{ label: 'Releases', href: '/releases' }]
  return <PendingPage title={name} crumbs={crumbs} error={error} onRetry={() => void refetch()} />
}

function LoadedRelease({ release, resourceGroup }: { release: Release; resourceGroup: string }) {
  const gates = useGates()
  const rollouts = useRollouts()
  const evidence = useQuery({
    queryKey: evidenceKey(release.id),
    queryFn: async ({ signal }) => (await api.get<Page<Evidence>>(`${release.id}/evidence`, { signal })).value,
  })
  const records = (evidence.data ?? []).toSorted((a, b) =>
    (a.systemData?.createdAt ?? '').localeCompare(b.systemData?.createdAt ?? ''),
  )
  const views = gatesOf(release, gates.rows ?? [], records)
  const own = (rollouts.rows ?? []).filter(({ properties }) => properties.releaseId.toLowerCase() === release.id.toLowerCase())
  return (
    <DetailPage
      title={release.name}
      crumbs={[{ label: 'Releases', href: '/releases' }]}
      path={`/releases/${encodeURIComponent(resourceGroup)}/${encodeURIComponent(release.name)}`}
      status={<StatusBadge status={release.properties.state} />}
      facts={
        <>
          <span>by {release.properties.author?.name ?? 'unknown'}</span>
          <span>
            proposed <RelativeTime time={release.systemData?.createdAt} />
          </span>
        </>
      }
      tabs={[
        { id: 'gates', label: 'Gates', render: () => <Gates release={release} views={views} /> },
        {
          id: 'evidence',
          label: 'Evidence',
          count: evidence.data?.length,
          render: () => (
            <>
              <EvidenceTables evidence={records} digest={release.properties.digest} />
              <SameByCard {...sameRead(undefined, `${release.id}/evidence`)} />
            </>
          ),
        },
        { id: 'rollout', label: 'Rollout', count: rollouts.rows && own.length, render: () => <Rollouts rollouts={own} /> },
        { id: 'history', label: 'History', render: () => <History release={release} /> },
        { id: 'json', label: 'JSON', render: () => <SourceView value={release} label={`Release ${release.name}`} /> },
      ]}
    />
  )
}

function Gates({ release, views }: { release: Release; views: readonly GateView[] }) {
  const { properties } = release
  const href = assetHref(properties.modelVersionId, '')
  const open = views.find(({ state }) => state === 'Open')?.gate.name
  const maker = properties.model?.jobName
  const makerHref = maker && assetHref(jobIdBeside(properties.modelVersionId, maker), '')
  return (
    <>
      <CardGrid minWidth={420}>
        <GateTimeline release={release} gates={views} />
        <Card title="What it stands for">
          <KeyValueList
            items={[
              {
                key: 'Model version',
                value: href ? <Link href={href}>{`${properties.model?.name} ${properties.model?.version}`}</Link> : undefined,
              },
              { key: 'Digest', value: properties.digest && <CopyableId id={properties.digest} /> },
              { key: 'Author', value: properties.author?.name },
              { key: 'Made by job', value: makerHref ? <Link href={makerHref}>{maker}</Link> : maker },
              { key: 'Description', value: properties.description ?? undefined },
            ]}
          />
        </Card>
      </CardGrid>
      <SameByCard
        {...(open
          ? sameWrite(
              `fulcrum release approve ${release.name} --gate ${open} --comment "…"`,
              'POST',
              `${release.id}/gates/${open}/decide`,
              { verdict: 'approve', comment: '…' },
            )
          : sameRead(`fulcrum release show ${release.name}`, release.id))}
      />
    </>
  )
}

/** ARM id of a job in the workspace of a model version. */
const jobIdBeside = (modelVersionId: string, job: string): string =>
  modelVersionId.replace(/\/models\/[^/]+\/versions\/[^/]+$/i, `/jobs/${job}`)

function History({ release }: { release: Release }) {
  const entries = release.properties.history ?? []
  return (
    <Card title="History">
      <Timeline
        label="History"
        entries={entries.toReversed().map((entry, position) => ({
          id: `${position}-${entry.time}`,
          status: /reject|RolledBack/i.test(entry.what) ? 'Failed' : 'Completed',
          title: entry.what,
          note: (
            <>
              {entry.by}, <RelativeTime time={entry.time} />
            </>
          ),
        }))}
      />
    </Card>
  )
}
