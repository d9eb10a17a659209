import { startBuiltPlatform } from '@fulcrum/testkit'

/** The built platform after its guided tour: real data, trained models, deployments, a rollout, drift. */
export interface TourWorld extends AsyncDisposable {
  readonly url: string
  /** Opens the studio as the administrator. */
  readonly signInLink: string
  /** Name of the pipeline job that trained the first model, and of its step that did. */
  readonly pipeline: string
  readonly trainStep: string
}

const dev = 'rg-flights-dev/providers/Microsoft.MachineLearningServices/workspaces/mlw-flights-dev'

/** @throws Error with the end of its output when the tour did not end well */
export async function startTourWorld(): Promise<TourWorld> {
  const platform = await startBuiltPlatform()
  try {
    const { code, output } = await platform.cli('tour')
    if (code !== 0) throw new Error(`The tour ended with ${code}:\n${output.slice(-3_000)}`)
    const jobs = `/subscriptions/${platform.subscriptionId}/resourceGroups/${dev}/jobs`
    const { value } = (await platform.call('GET', `${jobs}?jobType=Pipeline&$orderBy=createdtime asc`)) as { value: Job[] }
    const pipeline = value.find((job) => job.properties.status === 'Completed')?.name ?? ''
    const { nodes } = (await platform.call('GET', `${jobs}/${pipeline}/steps`)) as { nodes: Step[] }
    return {
      url: platform.apiUrl,
      signInLink: `${platform.apiUrl}/login#token=${platform.token}`,
      pipeline,
      trainStep: nodes.find((node) => node.name === 'train')?.jobName ?? '',
      [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose](),
    }
  } catch (error) {
    await platform[Symbol.asyncDispose]()
    throw error
  }
}

interface Job {
  readonly name: string
  readonly properties: { readonly status: string }
}

interface Step {
  readonly name: string
  readonly jobName?: string
}
