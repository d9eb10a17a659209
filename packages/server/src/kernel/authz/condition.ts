/** A role the condition asks about and the actions for which it asks. */
interface ConditionClause {
  readonly action: string
  readonly roleNames: ReadonlySet<string>
}

/** A parsed ABAC condition: for each named action, the only roles it may be about. */
export interface AssignmentCondition {
  readonly clauses: readonly ConditionClause[]
}

export type ParsedCondition =
  | { readonly ok: true; readonly condition: AssignmentCondition }
  | { readonly ok: false; readonly reason: string }

const GUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const CLAUSE = new RegExp(
  String.raw`^\(\(!\(actionmatches\{'(microsoft\.authorization/roleassignments/(?:write|delete))'\}\)\)or` +
    String.raw`\(@(request|resource)\[microsoft\.authorization/roleassignments:roledefinitionid\]` +
    String.raw`foranyofanyvalues:guidequals\{(${GUID}(?:,${GUID})*)\}\)\)$`,
)
const MAX_CONDITION_LENGTH = 8192

/**
 * Parses the one condition Azure ships for delegated role assignment:
 * `((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR
 * (@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{…}))`, optionally
 * `AND` the same for `…/delete` with `@Resource`. Case and white space do not count. Everything else is refused with a
 * reason: a condition understood only in part would grant too much.
 */
export function parseCondition(text: string): ParsedCondition {
  const refuse = (reason: string): ParsedCondition => ({ ok: false, reason })
  if (text.length > MAX_CONDITION_LENGTH) return refuse(`Conditions may have at most ${MAX_CONDITION_LENGTH} characters.`)
  const compact = text.toLowerCase().replace(/\s+/g, '')
  const clauses: ConditionClause[] = []
  for (const part of compact.split(/(?<=\))and(?=\()/)) {
    const match = CLAUSE.exec(part)
    const [, action, source, guids] = match ?? []
    if (action === undefined || guids === undefined) return refuse(UNSUPPORTED)
    if (action.endsWith('/write') !== (source === 'request')) {
      return refuse(`'${action}' must read ${action.endsWith('/write') ? '@Request' : '@Resource'}.`)
    }
    clauses.push({ action, roleNames: new Set(guids.split(',')) })
  }
  return { ok: true, condition: { clauses } }
}

const UNSUPPORTED =
  "Only conditions of the form ((!(ActionMatches{'Microsoft.Authorization/roleAssignments/write'})) OR " +
  '(@Request[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals{<role GUIDs>})), ' +
  'optionally AND the same for …/delete with @Resource, are supported.'

/**
 * Does the condition hold? `action` lower case; `roleName` = the GUID, lower case, of the role the request is about,
 * absent when it is about none. A clause for another action is satisfied, as in Azure.
 */
export function conditionHolds(condition: AssignmentCondition, action: string, roleName: string | undefined): boolean {
  return condition.clauses.every(
    (clause) => clause.action !== action || (roleName !== undefined && clause.roleNames.has(roleName)),
  )
}
