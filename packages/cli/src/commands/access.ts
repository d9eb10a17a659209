import { randomUUID } from 'node:crypto'
import { AppError, nearest, type Resource } from '@fulcrum/contract'
import { OutcomeError, UsageError } from '../cli-errors.ts'
import { print } from '../print.ts'
import type { GlobalOptions } from '../program-options.ts'
import { openSession, type Session } from '../session.ts'
import { findPrincipal, principalNames } from './principals.ts'

export interface AssignmentOptions extends GlobalOptions {
  readonly assignee?: string
  readonly role?: string
  readonly scope?: string
}

export interface QuestionOptions extends GlobalOptions {
  readonly action: string
  readonly data?: boolean
  readonly scope?: string
}

const authorization = 'providers/Microsoft.Authorization'

/** Gives a role. Who has it already keeps it: the assignment that is there is printed. */
export async function createAssignment(
  options: AssignmentOptions & { assignee: string; role: string; description?: string },
): Promise<void> {
  const session = await openSession(options)
  const scope = await scopeOf(session, options)
  const [principal, role] = await Promise.all([findPrincipal(session, options.assignee), findRole(session, scope, options.role)])
  const properties = {
    roleDefinitionId: role.id,
    principalId: principal.properties.principalId,
    ...(options.description === undefined ? {} : { description: options.description }),
  }
  const created = await session.client
    .put<Resource>(`${scope}/${authorization}/roleAssignments/${randomUUID()}`, { properties })
    .catch((error: unknown) => twinOf(session, error))
  await print((await readable(session, scope, [created]))[0], options)
}

/** The assignment that says the same under another name. */
async function twinOf({ client }: Session, error: unknown): Promise<Resource> {
  if (error instanceof AppError && error.status === 409 && error.target?.includes('/roleAssignments/') === true)
    return client.get(error.target)
  throw error
}

export async function listAssignments(options: AssignmentOptions & { all?: boolean }): Promise<void> {
  const session = await openSession(options)
  const scope = await scopeOf(session, options)
  await print(await readable(session, scope, await findAssignments(session, scope, options)), options)
}

/** Takes away what somebody holds at exactly this scope. @throws OutcomeError when that is nothing */
export async function deleteAssignment(options: AssignmentOptions & { assignee: string }): Promise<void> {
  const session = await openSession(options)
  const scope = await scopeOf(session, options)
  const principal = await findPrincipal(session, options.assignee)
  const held = (await findAssignments(session, scope, options)).filter(
    ({ properties }) =>
      properties['principalId'] === principal.properties.principalId &&
      String(properties['scope']).toLowerCase() === scope.toLowerCase(),
  )
  if (held.length === 0) throw new OutcomeError(`'${principal.name}' holds no such role at '${scope}' itself.`)
  for (const assignment of held) await session.client.delete(assignment.id)
  process.stderr.write(`Took ${held.length === 1 ? 'one role' : `${held.length} roles`} from '${principal.name}'.\n`)
}

async function findAssignments(
  session: Session,
  scope: string,
  options: AssignmentOptions & { all?: boolean },
): Promise<Resource[]> {
  const filters = options.all === true ? [] : ['atScope()']
  if (options.assignee !== undefined) {
    const { principalId } = (await findPrincipal(session, options.assignee)).properties
    filters.push(`assignedTo('${principalId}')`)
  }
  const role = options.role === undefined ? undefined : (await findRole(session, scope, options.role)).id
  const found: Resource[] = []
  const query = filters.length === 0 ? {} : { $filter: filters.join(' and ') }
  for await (const assignment of session.client.list(`${scope}/${authorization}/roleAssignments`, { query })) {
    if (role === undefined || nameOfId(assignment.properties['roleDefinitionId']) === nameOfId(role)) found.push(assignment)
  }
  return found
}

/** Flat, as `az role assignment list` prints them: with names for what are ids on the wire. */
async function readable(session: Session, scope: string, assignments: readonly Resource[]): Promise<unknown[]> {
  const names = await principalNames(session)
  const roles = new Map((await listRoles(session, scope)).map((role) => [nameOfId(role.id), role.properties['roleName']]))
  return assignments.map(({ id, name, type, properties }) => ({
    principalName: names.get(String(properties['principalId'])) ?? properties['principalId'],
    roleDefinitionName: roles.get(nameOfId(properties['roleDefinitionId'])) ?? '',
    principalType: properties['principalType'],
    scope: properties['scope'],
    id,
    name,
    type,
    principalId: properties['principalId'],
    roleDefinitionId: properties['roleDefinitionId'],
    description: properties['description'] ?? null,
  }))
}

/** Why somebody may or may not. @throws OutcomeError when they may not */
export async function explain(options: QuestionOptions & { assignee: string }): Promise<void> {
  const session = await openSession(options)
  const scope = await scopeOf(session, options)
  const answer = await session.client.get<{ allow: boolean; trail: readonly string[] }>(
    `${scope}/providers/Fulcrum.Access/explain`,
    {
      query: { principal: options.assignee, action: options.action, plane: planeOf(options) },
    },
  )
  await print(options.output === undefined && process.stdout.isTTY ? answer.trail : answer, options)
  if (!answer.allow) throw new OutcomeError(`'${options.assignee}' may not perform ${options.action} at ${scope}.`)
}

export async function whoCan(options: QuestionOptions): Promise<void> {
  const session = await openSession(options)
  const path = `${await scopeOf(session, options)}/providers/Fulcrum.Access/whoCan`
  const { value } = await session.client.get<{ value: unknown[] }>(path, {
    query: { action: options.action, plane: planeOf(options) },
  })
  await print(value, options)
}

const planeOf = ({ data }: QuestionOptions): string => (data === true ? 'data' : 'control')
const nameOfId = (id: unknown): string =>
  String(id)
    .slice(String(id).lastIndexOf('/') + 1)
    .toLowerCase()

/** Only what the command names: a remembered default must not decide where somebody gets a role. */
async function scopeOf(session: Session, options: AssignmentOptions): Promise<string> {
  if (options.scope !== undefined) {
    if (options.scope.startsWith('/')) return options.scope.replace(/(?<=.)\/$/, '')
    throw new UsageError(`--scope '${options.scope}' is no ARM id; it starts with '/subscriptions/'.`)
  }
  if (options.workspaceName !== undefined) return session.workspace()
  const subscription = `/subscriptions/${session.subscriptionId}`
  return options.resourceGroup === undefined ? subscription : `${subscription}/resourceGroups/${options.resourceGroup}`
}

async function listRoles(session: Session, scope: string): Promise<Resource[]> {
  const roles: Resource[] = []
  for await (const role of session.client.list<Resource>(`${scope}/${authorization}/roleDefinitions`)) roles.push(role)
  return roles
}

async function findRole(session: Session, scope: string, wanted: string): Promise<Resource> {
  const roles = await listRoles(session, scope)
  const nameOf = (role: Resource): string => String(role.properties['roleName'])
  const found = roles.find(
    (role) => nameOf(role).toLowerCase() === wanted.toLowerCase() || nameOfId(role.id) === nameOfId(wanted),
  )
  if (found !== undefined) return found
  const near = nearest(wanted, roles.map(nameOf))
  throw new UsageError(
    `There is no role '${wanted}'.${near === undefined ? " 'fulcrum role list' shows them." : ` Did you mean '${near}'?`}`,
  )
}
