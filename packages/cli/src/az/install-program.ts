import type { Command } from 'commander'
import type { InstallOptions } from './install.ts'

/** `fulcrum az install` and `fulcrum az uninstall`: the only way an `az` gets onto a computer from here. */
export function addAzCommands(program: Command): void {
  const az = program.command('az').description('an az command that speaks with this instance')
  const load = () => import('./install.ts')
  az.command('install')
    .description('write an executable named az')
    .option('--directory <path>', 'where to; default: bin in the data directory')
    .option('--force', 'replace what is there, even if it is another az')
    .action(async (options: InstallOptions) => (await load()).installAz(options))
  az.command('uninstall')
    .description('remove it again')
    .option('--directory <path>', 'where it is; default: bin in the data directory')
    .action(async (options: InstallOptions) => (await load()).uninstallAz(options))
}
