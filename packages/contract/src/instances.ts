import { z } from 'zod'
import { resourceKind } from './kind.ts'
import { operation } from './operation.ts'
import { environmentLabels } from './workspaces.ts'

/** An instance: environments with a workspace each, the shared registry, data lakes, personas and gates, described in one file. */

const name = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,89}$/, 'Use letters, digits, `-`, `_` and `.`, starting with a letter or digit.')

/** The twelve personas of the MLOps reference architecture; each stands for a row of the role tables. */
export const personaNames = [
  'data-scientist',
  'data-analyst',
  'model-tester',
  'business-stakeholder',
  'project-lead',
  'project-owner',
  'platform-support',
  'model-end-user',
  'ci-cd',
  'ml-workspace',
  'monitoring',
  'data-governance',
] as const
export type PersonaName = (typeof personaNames)[number]

const members = {
  group: name,
  users: z.array(name).default([]),
  servicePrincipals: z.array(name).default([]),
}

const environment = z.strictObject({
  resourceGroup: name,
  workspace: name.optional(),
  registry: name.optional(),
  location: z.string().optional(),
  tags: z.record(z.string(), z.string()).default({}),
})

const gate = z.strictObject({
  displayName: z.string().max(100).optional(),
  from: z.enum(environmentLabels),
  to: z.enum(environmentLabels),
  /** Name of the group whose members decide. */
  approvers: name,
  requiredApprovals: z.number().int().min(1).max(10).default(1),
  twoPersonRule: z.boolean().default(true),
  /** Kinds of evidence that must be there and pass. */
  evidence: z.array(z.string()).default([]),
  thresholds: z.record(z.string(), z.looseObject({ atLeast: z.number().optional(), atMost: z.number().optional() })).default({}),
})

/** `instance.yml`, parsed. Unknown members are mistakes, except below `endpoint` and `budget`, which other parts read. */
export const instanceSchema = z
  .strictObject({
    name,
    location: z.string().default('local'),
    tags: z.record(z.string(), z.string()).default({}),
    environments: z.partialRecord(z.enum(environmentLabels), environment),
    datastores: z
      .record(name, z.strictObject({ description: z.string().default(''), access: z.enum(['read', 'write']).default('read') }))
      .default({}),
    personas: z.partialRecord(z.enum(personaNames), z.strictObject(members)).default({}),
    /** Further groups with one role at one place, e.g. auditors. */
    assignments: z
      .array(
        z.strictObject({
          ...members,
          role: z.string().min(1),
          at: z.enum(['subscription', ...environmentLabels]).default('subscription'),
        }),
      )
      .default([]),
    gates: z.record(name, gate).default({}),
    endpoint: z.looseObject({}).optional(),
    budget: z.looseObject({ amount: z.number().positive() }).optional(),
    // What the server says about an instance comes back when a client sends what it read; it is dropped.
    provisioningState: z.unknown().optional(),
    steps: z.unknown().optional(),
    requestedBy: z.unknown().optional(),
  })
  .superRefine((instance, context) => {
    const workspaces = Object.entries(instance.environments).filter(([, entry]) => entry.workspace !== undefined)
    if (workspaces.length === 0)
      context.addIssue({ code: 'custom', path: ['environments'], message: 'At least one environment needs a workspace.' })
    const groups = new Set([...Object.values(instance.personas), ...instance.assignments].map((entry) => entry.group))
    for (const [gateName, entry] of Object.entries(instance.gates)) {
      const path = ['gates', gateName]
      if (instance.environments[entry.to] === undefined)
        context.addIssue({ code: 'custom', path: [...path, 'to'], message: `Environment '${entry.to}' is not described.` })
      if (instance.environments[entry.from] === undefined)
        context.addIssue({ code: 'custom', path: [...path, 'from'], message: `Environment '${entry.from}' is not described.` })
      if (!groups.has(entry.approvers)) {
        context.addIssue({
          code: 'custom',
          path: [...path, 'approvers'],
          message: `'${entry.approvers}' is no group of a persona; known: ${[...groups].join(', ')}.`,
        })
      }
    }
  })
export type InstanceDescription = z.output<typeof instanceSchema>

export const instanceStepSchema = z.object({
  name: z.string(),
  title: z.string(),
  state: z.enum(['Pending', 'Running', 'Succeeded', 'Failed', 'Skipped']),
  message: z.string(),
  startedAt: z.string().optional(),
  endedAt: z.string().optional(),
})
export type InstanceStep = z.infer<typeof instanceStepSchema>

export const instanceKind = resourceKind({
  type: 'Fulcrum.Platform/instances',
  noun: 'instances',
  title: 'Instance',
  placement: 'subscription',
  longRunning: true,
  properties: instanceSchema,
  example: { properties: { name: 'flights', environments: { dev: { resourceGroup: 'rg-dev', workspace: 'mlw-dev' } } } },
})
export const instanceKinds = [instanceKind]

export const instanceMapSchema = z.looseObject({
  name: z.string(),
  environments: z.array(
    z.looseObject({
      environment: z.string(),
      resourceGroup: z.string(),
      workspaceId: z.string().optional(),
      registryId: z.string().optional(),
      /** Resources by noun, of those the caller may read. */
      counts: z.record(z.string(), z.number()),
    }),
  ),
})
export type InstanceMap = z.infer<typeof instanceMapSchema>

export const instanceOperations = {
  map: operation({
    id: 'instances.map',
    method: 'GET',
    path: '/subscriptions/{subscriptionId}/providers/Fulcrum.Platform/instances/{instanceName}/map',
    scope: '/subscriptions/{subscriptionId}/providers/Fulcrum.Platform/instances/{instanceName}',
    filtered: true,
    summary: 'Environments of an instance with what is in them, as far as the caller may read it.',
    action: 'Fulcrum.Platform/instances/read',
    response: instanceMapSchema,
  }),
}
