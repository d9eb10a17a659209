import { AppError, type Resource } from '@fulcrum/contract'
import type { Context } from '../../context.ts'
import { coversScope, normalizeScope } from '../../kernel/authz/index.ts'
import { listResources, presentResource } from '../../kernel/resources/index.ts'
import { groupsOf, readDirectory } from '../identity/index.ts'
import { roleAssignmentType } from './role-assignments.ts'

type Test = (entry: { scope: string; principalId: string }) => boolean

/** Assignments that matter at a scope: its own, those inherited from above, and (unless `atScope()`) those below. */
export async function listRoleAssignments(ctx: Context, scope: string, filter: string | undefined): Promise<Resource[]> {
  const here = normalizeScope(scope) ?? '/'
  const test = await testOf(ctx, here, filter)
  const all = await listResources(ctx.db.kysely, { type: roleAssignmentType, limit: 50_000, order: 'oldest' })
  const behaviour = ctx.resources.kinds.require(roleAssignmentType)
  return all
    .filter((item) => {
      const at = normalizeScope(String(item.properties['scope'])) ?? '/'
      return (
        (coversScope(at, here) || coversScope(here, at)) &&
        test({ scope: at, principalId: String(item.properties['principalId']) })
      )
    })
    .map((item) => presentResource(behaviour, item))
}

async function testOf(ctx: Context, here: string, filter: string | undefined): Promise<Test> {
  const tests: Test[] = []
  for (const part of (filter ?? '').split(/\s+and\s+/i).filter((text) => text.trim() !== '')) {
    const text = part.trim()
    const principal = /^principalId\s+eq\s+'([^']*)'$/i.exec(text)?.[1]?.toLowerCase()
    const assignee = /^assignedTo\('([^']*)'\)$/i.exec(text)?.[1]?.toLowerCase()
    if (/^atScope\(\)$/i.test(text)) tests.push(({ scope }) => coversScope(scope, here))
    else if (principal !== undefined) tests.push(({ principalId }) => principalId === principal)
    else if (assignee !== undefined) {
      const holders = new Set([assignee, ...groupsOf(await readDirectory(ctx.db.kysely), assignee)])
      tests.push(({ principalId }) => holders.has(principalId))
    } else
      throw new AppError('InvalidFilter', `'${text}' is not offered; use atScope(), principalId eq '…' or assignedTo('…').`, {
        target: '$filter',
      })
  }
  return (entry) => tests.every((test) => test(entry))
}
