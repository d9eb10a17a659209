import type { PlatformEvent } from '@fulcrum/contract'
import { ScrollText } from 'lucide-react'
import { useState } from 'react'
import { assetHref } from '../../../app/asset-link.ts'
import { Failure } from '../../../app/PageFailure.tsx'
import { SameByCard } from '../../../app/SameByCard.tsx'
import { sameRead } from '../../../app/same-by.ts'
import { useSearchState } from '../../../app/search-state.ts'
import { Button } from '../../../ui/Button.tsx'
import { Card } from '../../../ui/Card.tsx'
import { SourceView } from '../../../ui/Code.tsx'
import { Dialog } from '../../../ui/Dialog.tsx'
import { EmptyState } from '../../../ui/Feedback.tsx'
import { SearchInput, Select } from '../../../ui/Field.tsx'
import { Link } from '../../../ui/Link.tsx'
import { PageBody, PageHeader, Toolbar } from '../../../ui/Page.tsx'
import { StatusDot } from '../../../ui/Status.tsx'
import { Table, type Column } from '../../../ui/Table.tsx'
import { RelativeTime } from '../../../ui/Time.tsx'
import { Verify } from '../parts/Verify.tsx'
import { parseActivityFilter, useEvents } from '../queries.ts'

const results: Readonly<Record<string, string>> = { success: 'Succeeded', failed: 'Failed', denied: 'Denied' }
const typeOptions = ['jobs.', 'models.', 'releases.', 'endpoints.', 'monitoring.', 'data.', 'environments.', 'access.', 'auth.']

/** Who did what, when, and with which outcome: the audit log. */
export function ActivityPage() {
  const [search, setSearch] = useSearchState()
  const filter = parseActivityFilter(search)
  const { events, error, refetch, path, fetchNextPage, hasNextPage, isFetchingNextPage } = useEvents(filter)
  const [shown, setShown] = useState<PlatformEvent>()
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  return (
    <PageBody>
      <PageHeader title="Activity" facts={<span>Every change and every refusal, chained so that tampering shows</span>} />
      <Verify />
      <Toolbar label="Filter activity">
        <SearchInput
          label="Filter by actor"
          value={search['actor'] ?? ''}
          onChange={(actor) => setSearch({ actor })}
          isPageFilter
        />
        <Select
          aria-label="Type"
          value={search['type'] ?? ''}
          options={[{ value: '', label: 'Any type' }, ...typeOptions.map((value) => ({ value, label: value.slice(0, -1) }))]}
          onChange={(event) => setSearch({ type: event.target.value })}
        />
        <Select
          aria-label="Result"
          value={search['result'] ?? ''}
          options={[{ value: '', label: 'Any result' }, ...Object.keys(results).map((value) => ({ value, label: value }))]}
          onChange={(event) => setSearch({ result: event.target.value })}
        />
        <SearchInput
          label="Below this resource id"
          value={search['subject'] ?? ''}
          onChange={(subject) => setSearch({ subject })}
        />
      </Toolbar>
      {error && !events ? (
        <Failure error={error} onRetry={() => void refetch()} />
      ) : (
        <Card isFlush>
          <Table
            label="Activity"
            columns={columnsFor(setShown)}
            rows={events}
            rowKey={(event) => event.id}
            isFiltered={isFiltered}
            onClearFilters={() => setSearch({ type: undefined, actor: undefined, result: undefined, subject: undefined })}
            onEndReached={() => void (hasNextPage && !isFetchingNextPage && fetchNextPage())}
            isPrimary
            empty={
              <EmptyState icon={<ScrollText />} title="Nothing has happened yet">
                Every change writes an event in the same transaction, with who did it; refusals are written too.
              </EmptyState>
            }
          />
        </Card>
      )}
      <SameByCard {...sameRead('fulcrum audit list', path)} />
      <Dialog isOpen={shown !== undefined} onClose={() => setShown(undefined)} title={shown?.type ?? 'Event'} width="l">
        {shown && <SourceView value={shown} label="Event" />}
      </Dialog>
    </PageBody>
  )
}

function columnsFor(show: (event: PlatformEvent) => void): readonly Column<PlatformEvent>[] {
  return [
    { id: 'time', header: 'When', width: '120px', cell: (event) => <RelativeTime time={event.time} /> },
    { id: 'actor', header: 'Who', width: 'minmax(120px, 0.7fr)', cell: (event) => event.actor.name },
    {
      id: 'type',
      header: 'What',
      width: 'minmax(180px, 1fr)',
      cell: (event) => (
        <Button size="s" look="quiet" onClick={() => show(event)}>
          {event.type}
        </Button>
      ),
    },
    {
      id: 'result',
      header: 'Result',
      width: '130px',
      cell: (event) => <StatusDot status={results[event.result] ?? event.result} />,
    },
    { id: 'subject', header: 'On', width: 'minmax(200px, 1.6fr)', cell: (event) => <Subject id={event.subject} /> },
    { id: 'sequence', header: '#', width: '80px', isNumeric: true, cell: (event) => event.sequence },
  ]
}

function Subject({ id }: { id: string }) {
  const href = assetHref(id, '')
  const short = id.split('/').slice(-4).join('/')
  return href ? (
    <Link href={href} title={id}>
      {short}
    </Link>
  ) : (
    <span title={id}>{short}</span>
  )
}
