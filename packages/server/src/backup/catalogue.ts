import type { ClientBase } from 'pg'

/** Reads of PostgreSQL's catalogue that backup and restore share. */

export interface TableColumns {
  readonly name: string
  readonly columns: readonly string[]
}

const migrationTables = ['kysely_migration', 'kysely_migration_lock']

/** Our tables with their stored columns, referenced tables before those that refer to them. */
export async function readTables(client: ClientBase): Promise<TableColumns[]> {
  const columns = await client.query<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text order by a.attnum) as columns
     from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid
     where n.nspname = 'public' and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
       and c.relname <> all($1) group by c.relname order by c.relname`,
    [migrationTables],
  )
  const references = await client.query<{ child: string; parent: string }>(
    `select conrelid::regclass::text as child, confrelid::regclass::text as parent from pg_constraint
     where contype = 'f' and conrelid <> confrelid and connamespace = 'public'::regnamespace`,
  )
  return inOrder(columns.rows, references.rows)
}

function inOrder(tables: readonly TableColumns[], references: readonly { child: string; parent: string }[]): TableColumns[] {
  const done = new Set<string>()
  const ordered: TableColumns[] = []
  const visit = (table: TableColumns): void => {
    if (done.has(table.name)) return
    done.add(table.name)
    for (const { child, parent } of references) {
      const found = child === table.name ? tables.find((candidate) => candidate.name === parent) : undefined
      if (found !== undefined) visit(found)
    }
    ordered.push(table)
  }
  for (const table of tables) visit(table)
  return ordered
}

export async function readSequences(client: ClientBase): Promise<{ name: string; lastValue: number; isCalled: boolean }[]> {
  const names = await client.query<{ name: string }>(
    `select sequencename as name from pg_sequences where schemaname = 'public' order by 1`,
  )
  const sequences: { name: string; lastValue: number; isCalled: boolean }[] = []
  for (const { name } of names.rows) {
    const value = await client.query<{ last_value: string; is_called: boolean }>(
      `select last_value, is_called from ${quote(name)}`,
    )
    const row = value.rows[0]
    if (row !== undefined) sequences.push({ name, lastValue: Number(row.last_value), isCalled: row.is_called })
  }
  return sequences
}

export function quote(identifier: string): string {
  return `"${identifier.replaceAll('"', '""')}"`
}

export function columnList(table: TableColumns): string {
  return table.columns.map(quote).join(', ')
}
