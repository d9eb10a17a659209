import type { Resource } from '@fulcrum/contract'
import { finalJobStatuses, followLog, jobStatus, listLogs, waitForJob, type Client } from '@fulcrum/sdk'
import { isWire, part } from '../entities/translate.ts'
import { AzFailure } from '../failure.ts'

const logName =
  /^(user_logs\/std_log[\D]*0*(_ps)?\.txt|azureml-logs\/[\d]{2}.+\.txt|azureml-logs\/hyperdrive\.txt|logs\/azureml\/executionlogs\.txt)$/

/** Prints the log of a job until its end, framed as the original does. @throws AzFailure when it failed or was canceled */
export async function streamJob(client: Client, jobId: string): Promise<void> {
  const job = await client.get(jobId)
  const page = part(part(job.properties['services'])['Studio'])['endpoint']
  const facts = `RunId: ${job.name}\nWeb View: ${typeof page === 'string' ? page : ''}\n`
  process.stdout.write(facts)
  const log = await firstLog(client, jobId)
  if (log !== undefined) {
    const title = `Streaming ${log}`
    process.stdout.write(`\n${title}\n${'='.repeat(title.length)}\n\n`)
    for await (const text of followLog(client, jobId, log)) process.stdout.write(text)
  }
  const end = await waitForJob(client, jobId)
  process.stdout.write(`\nExecution Summary\n=================\n${facts}\n`)
  if (jobStatus(end) === 'Failed') throw new AzFailure(`Exception : \n ${JSON.stringify(errorOf(end), undefined, 4)} `)
  if (jobStatus(end) !== 'Completed') throw new AzFailure(`The job ended as ${jobStatus(end)}.`)
}

/** The log to follow, once there is one; none when the job ends without. A pipeline without a log of its own is waited for. */
async function firstLog(client: Client, jobId: string): Promise<string | undefined> {
  for (;;) {
    const job = await client.get(jobId)
    const logs = await listLogs(client, jobId).catch(() => [])
    const found = logs.find((entry) => logName.test(entry.path))
    if (found !== undefined) return found.path
    if (finalJobStatuses.has(jobStatus(job))) return undefined
    await client.delay(300)
  }
}

function errorOf(job: Resource): unknown {
  const error = job.properties['error']
  const message = isWire(error) ? String(error['message'] ?? '') : typeof error === 'string' ? error : 'The job failed.'
  return { error: isWire(error) ? { code: 'UserError', ...error } : { code: 'UserError', message } }
}
