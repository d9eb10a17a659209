import type { Command } from 'commander'
import type { GlobalOptions } from '../program-options.ts'
import type { AddMappingOptions } from './env-map.ts'

/** What operators set up for everybody: what stands for environments, and copies of public data; and who gets the host next. */
export function addOperatorCommands(program: Command): void {
  addQueueVerbs(program.command('queue').description('what runs, what waits, in which order and for what'))
  addMappingVerbs(program.command('env-map').description('what stands for environments, images and packages on this host'))
  addMirrorVerbs(program.command('mirror').description('copies of public data, for jobs without the internet'))
}

const global = <Options extends GlobalOptions = GlobalOptions>(own: Command): Options => own.optsWithGlobals<Options>()

function addQueueVerbs(queue: Command): void {
  queue
    .option('--compute <name>', 'only this compute')
    .option('--top <count>', 'at most so many waiting jobs; 200 when absent')
    .action(async (_options: unknown, own: Command) =>
      (await import('./queue.ts')).showQueue(global<GlobalOptions & { compute?: string; top?: string }>(own)),
    )
  queue
    .command('quotas')
    .description('limits of this host, and quotas of workspaces and computes with what is used')
    .action(async (_options: unknown, own: Command) => (await import('./queue.ts')).listQuotas(global(own)))
  queue
    .command('set-quota <name> <limit>')
    .description('concurrentJobs, cores, memoryMegabytes or gpus of the workspace or of --compute; `none` takes it away')
    .action(async (name: string, limit: string, _options: unknown, own: Command) =>
      (await import('./queue.ts')).setQuota(name, limit, global<GlobalOptions & { compute?: string }>(own)),
    )
}

function addMappingVerbs(group: Command): void {
  const load = () => import('./env-map.ts')
  group
    .command('list')
    .description('your mappings; those that ship with the platform come after them')
    .action(async (_options: unknown, own: Command) => (await load()).listMappings(global(own)))
  group
    .command('add <what>')
    .description(
      "curated:NAME, image:PATH, environment:NAME or package:REQUIREMENT, with * as wildcard; or Azure's spelling of one",
    )
    .option(
      '-r, --requirement <requirement...>',
      'pip requirements that stand for it; without any it is Python alone, or the package is left out',
    )
    .option('--python <version>', 'such as 3.11')
    .option('-n, --name <name>', 'made from <what> when absent')
    .option('--description <text>', 'why')
    .action(async (what: string, _options: unknown, own: Command) =>
      (await load()).addMapping(what, global<AddMappingOptions>(own)),
    )
  group
    .command('remove <name>')
    .description('forget a mapping')
    .action(async (name: string, _options: unknown, own: Command) => (await load()).removeMapping(name, global(own)))
  group
    .command('test [reference]')
    .description('what an environment would be here, and how that differs from what it asks for')
    .option('--image <image>', 'an image, alone or with a conda file')
    .option('--conda-file <path>', 'a conda file of this computer')
    .action(async (reference: string | undefined, _options: unknown, own: Command) =>
      (await load()).testMapping(reference, global<GlobalOptions & { image?: string; condaFile?: string }>(own)),
    )
}

function addMirrorVerbs(group: Command): void {
  const load = () => import('./mirror.ts')
  group
    .command('list')
    .description('mirrored prefixes')
    .action(async (_options: unknown, own: Command) => (await load()).listMirrors(global(own)))
  group
    .command('add <prefix> <path>')
    .description('answer for https:// or wasbs:// addresses below a prefix from a copy of a local file or folder')
    .option('-n, --name <name>', 'made from the prefix when absent')
    .action(async (prefix: string, path: string, _options: unknown, own: Command) =>
      (await load()).addMirror(prefix, path, global<GlobalOptions & { name?: string }>(own)),
    )
  group
    .command('remove <name>')
    .description('forget a copy')
    .action(async (name: string, _options: unknown, own: Command) => (await load()).removeMirror(name, global(own)))
}
