import type { Handlers } from '../commands/command.ts'
import { datastoreEntity } from '../entities/datastore.ts'
import { notSupported } from '../failure.ts'
import { given } from './resource.ts'
import { kindVerbs } from './workspace-kind.ts'

export const datastoreVerbs: Handlers = {
  ...kindVerbs({
    collection: 'datastores',
    family: 'datastore',
    dump: datastoreEntity,
    flags: ({ values }) => given({ name: values.text('name') }),
  }),
  async mount() {
    throw notSupported(
      'Mounting into the folders of this computer is not offered.',
      "Copy files with 'az ml job download' or 'az ml model download'.",
    )
  },
}
