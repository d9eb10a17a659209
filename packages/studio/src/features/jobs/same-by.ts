import { pythonClient, sameRead, sameWrite, workspaceOptions } from '../../app/same-by.ts'
import type { WorkspaceInView } from '../../app/workspace.tsx'
import type { SameByProps } from '../../ui/Code.tsx'

/** The list of jobs without the studio. */
export function sameJobList(place: WorkspaceInView): SameByProps {
  return sameRead(
    `fulcrum job list ${workspaceOptions(place)}`,
    place.id && `${place.id}/jobs`,
    `${pythonClient(place)}for job in ml_client.jobs.list():\n    print(job.name, job.status)`,
  )
}

/** A first job without the studio. */
export function submitJob(place: WorkspaceInView): SameByProps {
  const cli = `cat > job.yml <<'YAML'
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo hello
compute: azureml:local
YAML
fulcrum job create --file job.yml ${workspaceOptions(place)}`
  const body = { properties: { jobType: 'Command', command: 'echo hello', experimentName: 'first' } }
  return {
    ...sameWrite(cli, 'PUT', place.id && `${place.id}/jobs/first-job`, body),
    sdk: `${pythonClient(place)}from azure.ai.ml import command

job = ml_client.jobs.create_or_update(command(command="echo hello", compute="local"))
ml_client.jobs.stream(job.name)`,
  }
}

/** One job without the studio. */
export function sameJob(place: WorkspaceInView, jobName: string): SameByProps {
  return sameRead(
    `fulcrum job show ${jobName} ${workspaceOptions(place)}`,
    place.id && `${place.id}/jobs/${jobName}`,
    `${pythonClient(place)}job = ml_client.jobs.get("${jobName}")`,
  )
}
