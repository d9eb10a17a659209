import { AppError, nearest } from '@fulcrum/contract'

export interface TrafficRules {
  readonly traffic: Readonly<Record<string, number>>
  readonly mirrorTraffic: Readonly<Record<string, number>>
  /** Names of the endpoint's deployments. */
  readonly deployments: readonly string[]
  readonly kubernetes: boolean
}

/**
 * Azure's rules of traffic and mirroring.
 * @throws InvalidTraffic
 */
export function checkTraffic({ traffic, mirrorTraffic, deployments, kubernetes }: TrafficRules): void {
  for (const [member, percents] of [
    ['traffic', traffic],
    ['mirrorTraffic', mirrorTraffic],
  ] as const) {
    for (const name of Object.keys(percents)) if (!deployments.includes(name)) throw unknownDeployment(member, name, deployments)
  }
  const sum = Object.values(traffic).reduce((total, percent) => total + percent, 0)
  if (sum !== 0 && sum !== 100)
    throw refused('traffic', `The shares of traffic add up to ${sum}; they must add up to 100, or to 0 to stop all traffic.`)
  const mirrored = Object.entries(mirrorTraffic).filter(([, percent]) => percent > 0)
  const [shadow] = mirrored
  if (shadow === undefined) return
  const [name, percent] = shadow
  if (kubernetes) throw refused('mirrorTraffic', 'Traffic cannot be mirrored on a Kubernetes endpoint.')
  if (mirrored.length > 1) throw refused('mirrorTraffic', `Traffic can be mirrored to one deployment, not to ${mirrored.length}.`)
  if (percent > 50) throw refused('mirrorTraffic', `${percent} % of the traffic cannot be mirrored; the most is 50 %.`)
  if ((traffic[name] ?? 0) > 0)
    throw refused('mirrorTraffic', `Deployment '${name}' has live traffic; mirror to one that has none.`)
}

function unknownDeployment(member: string, name: string, deployments: readonly string[]): AppError {
  const hint = nearest(name, deployments)
  const known =
    deployments.length === 0
      ? 'The endpoint has no deployments yet; create one first.'
      : `Deployments are: ${deployments.join(', ')}.`
  return refused(member, `There is no deployment '${name}'. ${hint === undefined ? known : `Did you mean '${hint}'?`}`)
}

function refused(member: string, message: string): AppError {
  return new AppError('InvalidTraffic', message, { target: `properties.${member}` })
}
