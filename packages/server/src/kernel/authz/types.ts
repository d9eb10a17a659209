/** The plane of an action: `control` reads `actions`/`notActions`, `data` reads `dataActions`/`notDataActions`. */
export type Plane = 'control' | 'data'

/** One permission block of an Azure role or deny assignment; every entry is an action pattern. */
export interface Permission {
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
  readonly dataActions: readonly string[]
  readonly notDataActions: readonly string[]
  /** ABAC condition over this block only; see `condition.ts` for the one supported form. */
  readonly condition?: string | null
}

/** Azure's role definition (flattened properties). `name` is the GUID, `id` the full resource id. */
export interface RoleDefinition {
  readonly id: string
  readonly name: string
  readonly roleName: string
  readonly type: 'BuiltInRole' | 'CustomRole'
  readonly description?: string
  readonly permissions: readonly Permission[]
  readonly assignableScopes: readonly string[]
}

export type PrincipalType = 'User' | 'Group' | 'ServicePrincipal' | 'ForeignGroup' | 'Device'

/** Azure's role assignment (flattened properties) plus `expiresOn`, `createdBy` and `grantableRoles` of Fulcrum. */
export interface RoleAssignment {
  readonly id: string
  /** A full id or the bare GUID; only the last segment counts. */
  readonly roleDefinitionId: string
  readonly principalId: string
  readonly principalType: PrincipalType
  readonly scope: string
  readonly condition?: string | null
  /** ISO 8601 instant from which the assignment no longer counts; unreadable text counts as expired. */
  readonly expiresOn?: string | null
  /** `preset/<persona>`, a principal id, … Marks who made the assignment; never used to decide. */
  readonly createdBy?: string | null
  /** Roles (ids or GUIDs) the holder may hand on without holding their permissions. */
  readonly grantableRoles?: readonly string[]
}

/** A principal named by a deny assignment; the zero GUID means everybody. */
export interface DenyPrincipal {
  readonly id: string
  readonly type?: string
}

/** Azure's deny assignment (flattened properties). */
export interface DenyAssignment {
  readonly id: string
  readonly denyAssignmentName?: string
  readonly permissions: readonly Permission[]
  readonly scope: string
  readonly doNotApplyToChildScopes?: boolean
  readonly principals: readonly DenyPrincipal[]
  readonly excludePrincipals?: readonly DenyPrincipal[]
  readonly isSystemProtected?: boolean
}

/** A management group and what sits directly below it: subscriptions or other management groups. */
export interface ManagementGroup {
  readonly scope: string
  readonly members: readonly string[]
}

/** Everything a decision depends on besides the request. Treated as immutable: build a new authorizer after a change. */
export interface AuthorizationTables {
  readonly roleDefinitions: readonly RoleDefinition[]
  readonly roleAssignments: readonly RoleAssignment[]
  readonly denyAssignments: readonly DenyAssignment[]
  readonly managementGroups?: readonly ManagementGroup[]
}

/** What a decision asks, apart from the scope. */
export interface AccessQuery {
  /** The caller and all groups it belongs to, transitively. */
  readonly principals: readonly string[]
  readonly action: string
  readonly plane: Plane
  readonly now: Date
  /** Action patterns of the token: the action must match one of them. Absent = unrestricted, empty = nothing. */
  readonly tokenScopes?: readonly string[]
  /** The role a roleAssignments write or delete is about; read by conditions. */
  readonly roleDefinitionId?: string
}

export interface AccessRequest extends AccessQuery {
  /** Full resource id. */
  readonly scope: string
}

export type DecisionKind = 'roleAssignment' | 'denyAssignment' | 'notAction' | 'condition' | 'tokenScope' | 'none'

/** What decided: the granting assignment, the deny, or the reason why nothing granted. */
export interface DecidedBy {
  readonly kind: DecisionKind
  readonly id?: string
  readonly roleName?: string
  readonly scope?: string
}

export interface Decision {
  readonly allow: boolean
  readonly by: DecidedBy
  /** The steps in order, for `explain`. Rendered on first read. */
  readonly trail: readonly string[]
}

/**
 * Scopes for filtering a list before paging, all lower case, without a trailing slash; `/` means everything.
 * A row is visible when its id equals or lies below an entry of `allow`, does not equal or lie below an entry of
 * `deny`, and does not equal an entry of `denyExact`.
 */
export interface ScopeFilter {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly denyExact: readonly string[]
}

/** The principal id that stands for everybody in a deny assignment. */
export const EVERYBODY = '00000000-0000-0000-0000-000000000000'
