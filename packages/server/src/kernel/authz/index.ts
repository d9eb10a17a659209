export * from './types.ts'
export { isIncluded } from './pattern-inclusion.ts'
export { compileActionPattern, isActionPattern, type ActionPattern } from './action-pattern.ts'
export { parseCondition, type AssignmentCondition, type ParsedCondition } from './condition.ts'
export { coversScope, normalizeScope } from './scope.ts'
export { createAuthorizer, scopeFilterAllows, type Authorizer } from './decide.ts'
export { explain, whoCan, type WhoCanQuery, type WhoCanRow } from './explain.ts'
export { builtinRoles, roleIds } from './builtin-roles.ts'
export { SCORE_ACTION } from './roles/fulcrum-roles.ts'
export { assignmentsForPersona, type PresetAssignment, type PresetEnvironment, type PresetInput } from './persona-presets.ts'
export {
  preproductionTable,
  presetColumns,
  productionTable,
  type PersonaTable,
  type PresetColumn,
  type RoleCode,
} from './persona-tables.ts'
export {
  canDefineRole,
  canGrantRole,
  type EscalationContext,
  type EscalationVerdict,
  type GrantInput,
} from './anti-escalation.ts'
export { scopesLosingLastOwner, type LastOwnerInput } from './last-owner.ts'
export { AuthorizationService, bumpAuthorizationGeneration, lockAuthorization } from './service.ts'
