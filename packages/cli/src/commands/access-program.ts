import type { Command } from 'commander'
import type { GlobalOptions } from '../program-options.ts'
import type { AssignmentOptions, QuestionOptions } from './access.ts'

const scopeHelp = 'ARM id; by default the workspace of -w, else the resource group of -g, else the subscription'

/** Who may do what: role assignments, members of groups, and questions about both. */
export function addAccessCommands(program: Command, groups: ReadonlyMap<string, Command>): void {
  addAssignmentVerbs((groups.get('role') ?? program).command('assignment').description('who holds which role where'))
  addMemberVerbs((groups.get('group') ?? program).command('member').description('members of a group'))
  addQuestions(program.command('access').description('why somebody may do something, and who may'))
}

function addAssignmentVerbs(assignment: Command): void {
  const load = () => import('./access.ts')
  assignment
    .command('create')
    .description('give a role; safe to repeat')
    .requiredOption('--assignee <name>', 'user, group or service principal, by name or principal id')
    .requiredOption('--role <name>', 'role, by name or id')
    .option('--scope <id>', scopeHelp)
    .option('--description <text>', 'why')
    .action(async (_options: unknown, own: Command) =>
      (await load()).createAssignment(
        own.optsWithGlobals<AssignmentOptions & { assignee: string; role: string; description?: string }>(),
      ),
    )
  assignment
    .command('list')
    .description('assignments at the scope and inherited from above; those below it with --all')
    .option('--assignee <name>', 'only what this principal holds, also through its groups')
    .option('--role <name>', 'only this role')
    .option('--scope <id>', scopeHelp)
    .option('--all', 'those below the scope as well')
    .action(async (_options: unknown, own: Command) =>
      (await load()).listAssignments(own.optsWithGlobals<AssignmentOptions & { all?: boolean }>()),
    )
  assignment
    .command('delete')
    .description('take a role away at exactly this scope')
    .requiredOption('--assignee <name>', 'user, group or service principal, by name or principal id')
    .option('--role <name>', 'only this role; every role when absent')
    .option('--scope <id>', scopeHelp)
    .action(async (_options: unknown, own: Command) =>
      (await load()).deleteAssignment(own.optsWithGlobals<AssignmentOptions & { assignee: string }>()),
    )
}

function addMemberVerbs(member: Command): void {
  const load = () => import('./group-member.ts')
  member
    .command('list <group>')
    .description('direct members of a group')
    .action(async (group: string, _options: unknown, own: Command) =>
      (await load()).listMembers(group, own.optsWithGlobals<GlobalOptions>()),
    )
  member
    .command('add <group> <names...>')
    .description('add users, groups or service principals; safe to repeat')
    .action(async (group: string, names: string[], _options: unknown, own: Command) =>
      (await load()).addMembers(group, names, own.optsWithGlobals<GlobalOptions>()),
    )
  member
    .command('remove <group> <names...>')
    .description('remove members')
    .action(async (group: string, names: string[], _options: unknown, own: Command) =>
      (await load()).removeMembers(group, names, own.optsWithGlobals<GlobalOptions>()),
    )
}

function addQuestions(access: Command): void {
  const load = () => import('./access.ts')
  access
    .command('explain')
    .description('why a principal may or may not perform an action; exits with 1 when it may not')
    .requiredOption('--assignee <name>', 'user, group or service principal, by name or principal id')
    .requiredOption('--action <action>', 'e.g. Microsoft.MachineLearningServices/workspaces/jobs/write')
    .option('--data', 'a data action, such as scoring')
    .option('--scope <id>', scopeHelp)
    .action(async (_options: unknown, own: Command) =>
      (await load()).explain(own.optsWithGlobals<QuestionOptions & { assignee: string }>()),
    )
  access
    .command('who-can')
    .description('everybody who may perform an action, and through which role')
    .requiredOption('--action <action>', 'e.g. Microsoft.MachineLearningServices/workspaces/jobs/write')
    .option('--data', 'a data action, such as scoring')
    .option('--scope <id>', scopeHelp)
    .action(async (_options: unknown, own: Command) => (await load()).whoCan(own.optsWithGlobals<QuestionOptions>()))
}
