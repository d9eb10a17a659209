import type { ReactNode } from 'react'
import type { ArmResource } from '../api.ts'
import { Card } from '../ui/Card.tsx'
import type { SameByProps } from '../ui/Code.tsx'
import { SearchInput, Select } from '../ui/Field.tsx'
import { PageBody, PageHeader, Toolbar, type Crumb } from '../ui/Page.tsx'
import { Table, type Column } from '../ui/Table.tsx'
import { Failure } from './PageFailure.tsx'
import type { ArmList } from './queries.ts'
import { SameByCard } from './SameByCard.tsx'
import { useSearchState } from './search-state.ts'

/** A filter by one value; its state is the URL parameter of the same id. */
export interface Choice<Row> {
  readonly id: string
  readonly label: string
  readonly options: readonly { readonly value: string; readonly label: string }[]
  valueOf(row: Row): string | undefined
}

export interface ListPageProps<Row> {
  readonly title: string
  readonly crumbs?: readonly Crumb[]
  readonly facts?: ReactNode
  readonly actions?: ReactNode
  readonly list: ArmList<Row>
  /** Why the list cannot even be asked for, such as an unknown subscription. */
  readonly scopeError?: Error | undefined
  readonly columns: readonly Column<Row>[]
  rowHref?(row: Row): string | undefined
  /** What the text filter looks at. */
  searchText(row: Row): string
  readonly choices?: readonly Choice<Row>[]
  readonly empty: ReactNode
  readonly same: SameByProps
  /** Above the table. */
  readonly children?: ReactNode
  /** Below the table. */
  readonly below?: ReactNode
}

/** A page with one list: filters in the URL, the five states of a list, and the same by CLI and curl. */
export function ListPage<Row extends ArmResource<unknown>>(props: ListPageProps<Row>) {
  const { title, list, choices = [] } = props
  const [search, setSearch] = useSearchState()
  const text = (search['q'] ?? '').toLowerCase()
  const shown = list.rows
    ?.filter((row) => !text || props.searchText(row).toLowerCase().includes(text))
    .filter((row) => choices.every(({ id, valueOf }) => !search[id] || valueOf(row)?.toLowerCase() === search[id].toLowerCase()))
  const failure = list.error ?? props.scopeError
  const isFiltered = text !== '' || choices.some(({ id }) => search[id])
  return (
    <PageBody>
      <PageHeader title={title} crumbs={props.crumbs ?? []} facts={props.facts} actions={props.actions} />
      {props.children}
      <Toolbar label={`Filter ${title.toLowerCase()}`}>
        <SearchInput
          label={`Filter ${title.toLowerCase()}`}
          value={search['q'] ?? ''}
          onChange={(q) => setSearch({ q })}
          isPageFilter
        />
        {choices.map(({ id, label, options }) => (
          <Select
            key={id}
            aria-label={label}
            value={search[id] ?? ''}
            options={[{ value: '', label: `Any ${label.toLowerCase()}` }, ...options]}
            onChange={(event) => setSearch({ [id]: event.target.value })}
          />
        ))}
      </Toolbar>
      {failure && !list.rows ? (
        <Failure error={failure} onRetry={list.retry} />
      ) : (
        <Card isFlush>
          <Table
            label={title}
            columns={props.columns}
            rows={shown}
            rowKey={(row) => row.id}
            {...(props.rowHref && { rowHref: props.rowHref })}
            isFiltered={isFiltered}
            onClearFilters={() =>
              setSearch(Object.fromEntries(['q', ...choices.map(({ id }) => id)].map((id) => [id, undefined])))
            }
            onEndReached={list.loadMore}
            isPrimary
            empty={props.empty}
          />
        </Card>
      )}
      {props.below}
      <SameByCard {...props.same} />
    </PageBody>
  )
}
