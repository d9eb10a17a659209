import { instanceSchema } from '@fulcrum/contract'
import { describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'
import { planAssignments, type PlannedAssignment } from './access-plan.ts'
import { gatesInOrder, lakeAccountId, placesOf, sharedPlace } from './layout.ts'

const instance = instanceSchema.parse({
  name: 'flights',
  environments: {
    prod: { resourceGroup: 'rg-prod', workspace: 'mlw-prod' },
    dev: { resourceGroup: 'rg-dev', workspace: 'mlw-dev' },
    shrd: { resourceGroup: 'rg-shrd', registry: 'mlr' },
  },
  datastores: { inbox: {} },
  personas: {
    'data-scientist': { group: 'scientists', users: ['ana'] },
    'project-lead': { group: 'leads' },
    'platform-support': { group: 'support' },
    'model-end-user': { group: 'apps' },
  },
  assignments: [{ role: 'Security Auditor', group: 'auditors' }],
  gates: { z: { from: 'dev', to: 'shrd', approvers: 'leads' }, a: { from: 'shrd', to: 'prod', approvers: 'leads' } },
})
const places = placesOf('s', instance)
const neighbours = new Map(
  places.flatMap(({ workspaceId }) =>
    workspaceId === undefined
      ? []
      : [
          [
            workspaceId,
            {
              keyVault: `${workspaceId}-kv`,
              containerRegistry: `${workspaceId}-cr`,
              storageAccount: `${workspaceId}-st`,
              logAnalytics: `${workspaceId}-log`,
            },
          ] as const,
        ],
  ),
)
const planned = planAssignments({ instance, places, neighbours, subscriptionScope: '/subscriptions/s' })
const of = (group: string): PlannedAssignment[] => planned.filter((item) => 'group' in item.holder && item.holder.group === group)
const dev = '/subscriptions/s/resourceGroups/rg-dev'
const prod = '/subscriptions/s/resourceGroups/rg-prod'
const shrd = '/subscriptions/s/resourceGroups/rg-shrd'

describe('the access plan of an instance', () => {
  it('goes from dev to prod, with what is shared last, in whatever order the file says it', () => {
    expect(places.map((place) => place.environment)).toEqual(['dev', 'prod', 'shrd'])
    expect(sharedPlace(places)?.resourceGroupId).toBe(shrd)
    expect(
      lakeAccountId(places[2] ?? places[0] ?? expect.fail(), 'a-Very.long_instance name')
        .split('/')
        .at(-1),
    ).toMatch(/^[a-z0-9]{3,24}$/)
    expect(gatesInOrder(instance)).toEqual([
      { name: 'a', order: 1 },
      { name: 'z', order: 2 },
    ])
  })

  it('lets data scientists work in dev and write nothing in prod', () => {
    const workspace = `${dev}/providers/Microsoft.MachineLearningServices/workspaces/mlw-dev`
    expect(of('scientists')).toContainEqual(
      expect.objectContaining({ roleDefinitionId: roleIds.dataScientist, scope: workspace }),
    )
    const reading: string[] = [roleIds.reader, roleIds.logAnalyticsReader, roleIds.monitoringReader]
    const inProd = of('scientists').filter((item) => item.scope.startsWith(prod))
    expect(inProd.length).toBeGreaterThan(0)
    expect(inProd.filter((item) => !reading.includes(item.roleDefinitionId))).toEqual([])
  })

  it('gives the approvers of a gate their right at its environment and where releases are kept, and nobody else', () => {
    const approving = planned.filter((item) => item.roleDefinitionId === roleIds.releaseApprover)
    expect(approving.map((item) => item.scope).toSorted()).toEqual([
      `${prod}/providers/Fulcrum.Delivery`,
      `${shrd}/providers/Fulcrum.Delivery`,
    ])
    expect(approving.every((item) => 'group' in item.holder && item.holder.group === 'leads')).toBe(true)
  })

  it('marks what is only to be had just in time, and gives model end users nothing', () => {
    expect(of('support').length).toBeGreaterThan(0)
    expect(of('support').filter((item) => !item.isJustInTime)).toEqual([])
    expect(of('apps')).toEqual([])
    expect(of('auditors')).toEqual([expect.objectContaining({ scope: '/subscriptions/s', createdBy: 'instance' })])
  })

  it('asks for nothing twice', () => {
    const keys = planned.map((item) => JSON.stringify([item.holder, item.roleDefinitionId, item.scope]))
    expect(new Set(keys).size).toBe(keys.length)
  })
})
