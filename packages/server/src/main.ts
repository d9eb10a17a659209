import { configFromEnv } from './kernel/config/index.ts'
import { runApi, runEngine } from './roles.ts'
import { runSupervisor } from './supervisor/supervisor.ts'

/** The program: `main.js up` supervises all roles on this machine; `--role` runs one of them; `backup` and `restore` copy an instance. */
async function main(): Promise<void> {
  const role = process.argv.includes('--role') ? process.argv[process.argv.indexOf('--role') + 1] : process.argv[2]
  const config = configFromEnv()
  switch (role) {
    case 'up':
      return runSupervisor(config)
    case 'api':
      return runApi(config)
    case 'engine':
      return runEngine(config)
    case 'gateway':
      return (await import('./gateway/role.ts')).runGateway(config)
    case 'backup':
      return (await import('./backup/command.ts')).runBackup(config, process.argv[3])
    case 'restore':
      return (await import('./backup/command.ts')).runRestore(config, process.argv[3])
    default:
      throw new Error(`Unknown role '${role ?? ''}'. Use up, api, engine, gateway, backup or restore.`)
  }
}

main()
  .catch((error: unknown) => {
    process.stderr.write(`fulcrum: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  })
  .finally(() => {
    // The channel to a parent would keep a process alive that has nothing left to do.
    if (process.connected) process.disconnect()
  })
