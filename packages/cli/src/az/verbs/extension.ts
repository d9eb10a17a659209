import type { Call, Handlers } from '../commands/command.ts'
import { AzFailure } from '../failure.ts'

const ml = { experimental: false, extensionType: 'builtin', name: 'ml', path: '', preview: false, version: '2.33.0' }

/** What can be asked of extensions here: `ml` is part of this command, and there are no others. */
async function change(call: Call): Promise<undefined> {
  const name = call.values.text('name')
  if (name === 'ml') {
    call.warn("Extension 'ml' is built into this az; there is nothing to do.")
    return undefined
  }
  if (call.path.endsWith('remove') || call.path.endsWith('update'))
    throw new AzFailure(`The extension ${name ?? ''} is not installed.`)
  throw new AzFailure(
    `No extension found with name '${name ?? call.values.text('source') ?? ''}'; this az has ml only, built in.`,
  )
}

export const extensionVerbs: Handlers = {
  add: change,
  update: change,
  remove: change,
  list: async () => [ml],
  async show(call) {
    if (call.values.need('name') !== 'ml') throw new AzFailure(`The extension ${call.values.need('name')} is not installed.`)
    return ml
  },
}
