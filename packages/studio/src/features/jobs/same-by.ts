import { apiVersion } from '../../api.ts'
import type { SameByProps } from '../../ui/Code.tsx'

interface Place {
  readonly id: string
  readonly name: string
  readonly resourceGroup: string
}

const client = (place: Place) => `from azure.ai.ml import MLClient
from azure.identity import DefaultAzureCredential

ml_client = MLClient(
    DefaultAzureCredential(),
    subscription_id="${place.id.split('/')[2] ?? ''}",
    resource_group_name="${place.resourceGroup}",
    workspace_name="${place.name}",
)
`

const bearer = '-H "Authorization: Bearer $FULCRUM_TOKEN"'

/** The list of jobs without the studio. */
export function sameJobList(place: Place, origin: string): SameByProps {
  return {
    cli: `az ml job list --resource-group ${place.resourceGroup} --workspace-name ${place.name} --output table`,
    sdk: `${client(place)}for job in ml_client.jobs.list():\n    print(job.name, job.status)`,
    curl: `curl ${bearer} \\\n  "${origin}${place.id}/jobs?api-version=${apiVersion}"`,
  }
}

/** A first job without the studio. */
export function submitJob(place: Place, origin: string): SameByProps {
  const body = `{"properties":{"jobType":"Command","command":"echo hello","experimentName":"first","environmentId":"azureml:python-3.11@latest","computeId":"local"}}`
  return {
    cli: `cat > job.yml <<'YAML'
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: echo hello
environment: azureml:python-3.11@latest
compute: azureml:local
YAML
az ml job create --file job.yml --resource-group ${place.resourceGroup} --workspace-name ${place.name}`,
    sdk: `${client(place)}from azure.ai.ml import command

job = ml_client.jobs.create_or_update(
    command(command="echo hello", environment="azureml:python-3.11@latest", compute="local")
)
ml_client.jobs.stream(job.name)`,
    curl: `curl -X PUT ${bearer} -H "content-type: application/json" \\\n  -d '${body}' \\\n  "${origin}${place.id}/jobs/first-job?api-version=${apiVersion}"`,
  }
}

/** One job without the studio. */
export function sameJob(place: Place, jobName: string, origin: string): SameByProps {
  return {
    cli: `az ml job show --name ${jobName} --resource-group ${place.resourceGroup} --workspace-name ${place.name}`,
    sdk: `${client(place)}job = ml_client.jobs.get("${jobName}")`,
    curl: `curl ${bearer} \\\n  "${origin}${place.id}/jobs/${jobName}?api-version=${apiVersion}"`,
  }
}
