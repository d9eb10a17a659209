/** Pipelines of trivial steps, in Azure's wire format. Every command differs, so that no step takes over another's result. */
export type Nodes = Record<string, Record<string, unknown>>

const output = { out: { job_output_type: 'uri_folder' } }
const from = (step: string) => ({ job_input_type: 'uri_folder', uri: `\${{parent.jobs.${step}.outputs.out}}` })
const reads = (names: readonly string[]) => names.map((_, index) => `\${{inputs.i${index}}}`).join(' ')

function node(run: string, name: string, needs: readonly string[]) {
  return {
    type: 'command',
    command: `true ${run} ${name} ${reads(needs)}`.trimEnd(),
    inputs: Object.fromEntries(needs.map((need, index) => [`i${index}`, from(need)])),
    outputs: output,
  }
}

/** s0 → s1 → … */
export function chain(run: string, length: number): Nodes {
  return Object.fromEntries(
    Array.from({ length }, (_, index) => [`s${index}`, node(run, `s${index}`, index === 0 ? [] : [`s${index - 1}`])]),
  )
}

/** Layers of `width` steps; each step reads `needs` steps of the layer before. */
export function layers(run: string, shape: { readonly depth: number; readonly width: number; readonly needs: number }): Nodes {
  const { depth, width, needs } = shape
  const nodes: Nodes = {}
  for (let layer = 0; layer < depth; layer += 1) {
    for (let place = 0; place < width; place += 1) {
      const sources = layer === 0 ? [] : Array.from({ length: needs }, (_, step) => `l${layer - 1}p${(place + step) % width}`)
      nodes[`l${layer}p${place}`] = node(run, `l${layer}p${place}`, sources)
    }
  }
  return nodes
}

export function pipeline(nodes: Nodes) {
  return { properties: { jobType: 'Pipeline', experimentName: 'bench', settings: { default_compute: 'local' }, jobs: nodes } }
}
