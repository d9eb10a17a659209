/** The run that MLflow's own fragment names: `/experiments/<id>/runs/<id>`, with or without `#` and what follows the id. */
export function runOfFragment(fragment: string): string | undefined {
  const run = /^#?\/experiments\/[^/]+\/runs\/([^/?]+)/.exec(fragment)?.[1]
  return run === undefined ? undefined : decodeURIComponent(run)
}
