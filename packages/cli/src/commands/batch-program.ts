import type { Command } from 'commander'
import type { GlobalOptions } from '../program-options.ts'
import type { InvokeOptions } from './batch.ts'

/** Verbs of batch endpoints beyond list, show, create and delete. */
export function addBatchVerbs(endpoint: Command, deployment: Command): void {
  const load = () => import('./batch.ts')
  endpoint
    .command('invoke <name>')
    .description('score files as a job')
    .option('-i, --input <place>', 'file or folder of this machine, data asset (azureml:name@latest) or address')
    .option('--input-type <type>', 'uri_file or uri_folder; seen from a path of this machine')
    .option('--inputs <name=value...>', 'inputs of a pipeline deployment: texts, or places of data')
    .option('-d, --deployment-name <name>', 'this deployment instead of the default one')
    .option('--output-path <address>', 'where the scores go, e.g. azureml://datastores/workspaceblobstore/paths/scores')
    .option('--output-file-name <name>', 'file with the appended rows')
    .option('--mini-batch-size <files>', 'files for each call of run()')
    .option('--instance-count <number>', 'instances; their processes run side by side')
    .option('--stream', 'print the log until the job has ended')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).invokeBatch(name, own.optsWithGlobals<InvokeOptions>()),
    )
  endpoint
    .command('jobs <name>')
    .description('jobs that were started with the endpoint, newest first')
    .action(async (name: string, _options: unknown, own: Command) =>
      (await load()).listBatchJobs(name, own.optsWithGlobals<GlobalOptions>()),
    )
  endpoint
    .command('default <name> <deployment>')
    .description('make a deployment the one that is invoked when none is named')
    .action(async (name: string, chosen: string, _options: unknown, own: Command) =>
      (await load()).setDefault(name, chosen, own.optsWithGlobals<GlobalOptions>()),
    )
  deployment
    .command('jobs <name>')
    .description('jobs that were started with the deployment, newest first')
    .requiredOption('-e, --endpoint-name <name>', 'batch endpoint')
    .action(async (name: string, _options: unknown, own: Command) => {
      const options = own.optsWithGlobals<GlobalOptions & { endpointName: string }>()
      await (await load()).listBatchJobs(options.endpointName, options, name)
    })
}
