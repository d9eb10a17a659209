import type { ColumnType, Generated } from 'kysely'

/** A jsonb column: read as `Read`, written as JSON text. */
export type Json<Read> = ColumnType<Read, string, string>
type JsonWithDefault<Read> = ColumnType<Read, string | undefined, string>
export type JsonObject = Record<string, unknown>

export interface ResourcesTable {
  id: string
  display_id: string
  type: string
  display_type: string
  name: string
  parent_id: string
  workspace_id: string | null
  resource_group: string | null
  location: string | null
  tags: JsonWithDefault<Record<string, string>>
  identity: Json<JsonObject | null> | null
  sku: Json<JsonObject | null> | null
  kind: string | null
  properties: JsonWithDefault<JsonObject>
  status: JsonWithDefault<JsonObject>
  etag: Generated<number>
  created_sequence: Generated<number>
  created_by: string
  created_by_type: string
  created_at: Date
  modified_by: string
  modified_by_type: string
  modified_at: Date
}

export interface EventActor {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly onBehalfOf?: string
  readonly credentialId?: string
}

export interface EventsTable {
  insert_id: Generated<number>
  sequence: number | null
  id: string
  time: Date
  type: string
  subject: string
  workspace_id: string | null
  actor: Json<EventActor>
  action: string
  result: string
  request_id: string | null
  data: JsonWithDefault<JsonObject>
  previous_hash: string | null
  hash: string | null
}

export interface EventCursorsTable {
  reader: string
  sequence: number
}

export interface TasksTable {
  id: Generated<number>
  kind: string
  key: string
  payload: JsonWithDefault<JsonObject>
  state: Generated<string>
  attempt: Generated<number>
  not_before: Generated<Date>
  lease_until: Date | null
  holder: string | null
  requested: Generated<number>
  failures: Generated<number>
  last_error: string | null
  created_at: Generated<Date>
}

export interface AsyncOperationsTable {
  id: string
  resource_id: string
  kind: string
  status: string
  error: Json<JsonObject | null> | null
  created_by: string
  created_at: Date
  ended_at: Date | null
}

export interface GenerationsTable {
  name: string
  value: number
}

export interface PrincipalsTable {
  id: string
  kind: string
  name: string
  display_name: string
  email: string | null
  password_hash: string | null
  application_id: string | null
  owner_id: string | null
  enabled: Generated<boolean>
  epoch: Generated<number>
  created_at: Date
}

export interface GroupMembersTable {
  group_id: string
  member_id: string
}

export interface CredentialsTable {
  id: string
  kind: string
  principal_id: string
  secret_hash: Buffer
  name: string
  scopes: Json<string[] | null> | null
  bound_to: string | null
  single_use: Generated<boolean>
  created_at: Date
  expires_at: Date
  last_used_at: Date | null
  revoked_at: Date | null
}

export interface SigningKeysTable {
  kid: string
  algorithm: string
  public_jwk: Json<JsonObject>
  private_sealed: string
  created_at: Date
}

export interface KernelTables {
  resources: ResourcesTable
  events: EventsTable
  event_cursors: EventCursorsTable
  tasks: TasksTable
  async_operations: AsyncOperationsTable
  generations: GenerationsTable
  principals: PrincipalsTable
  group_members: GroupMembersTable
  credentials: CredentialsTable
  signing_keys: SigningKeysTable
}
