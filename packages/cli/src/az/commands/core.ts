import type { GroupTable } from './command.ts'

const account = () => import('../verbs/account.ts').then((module) => module.accountVerbs)
const top = () => import('../verbs/account.ts').then((module) => module.topVerbs)
const cloud = () => import('../verbs/account.ts').then((module) => module.cloudVerbs)
const config = () => import('../verbs/config.ts').then((module) => module.configVerbs)
const group = () => import('../verbs/group.ts').then((module) => module.groupVerbs)
const extension = () => import('../verbs/extension.ts').then((module) => module.extensionVerbs)

/** Verbs directly below `az`. */
export const topTable: GroupTable = {
  summary: 'Azure ML commands, answered by Fulcrum.',
  scope: '',
  load: async () => ({ ...(await top()), ...(await config()) }),
  verbs: {
    login: [
      'Sign in; plain, it uses the session of fulcrum login or of the instance on this host.',
      '--identity/-i? --service-principal? --username/-u --password/-p --tenant/-t --allow-no-subscriptions? --use-device-code? --federated-token --scope --client-id --object-id --resource-id',
    ],
    logout: ['Forget who is signed in.', '--username'],
    configure: ['Set defaults of flags.', '--defaults/-d+ --list-defaults/-l~ --scope'],
    version: ['Which versions this command answers for.', ''],
  },
}

/** Groups beside `ml`, by path. */
export const coreGroups: Readonly<Record<string, GroupTable>> = {
  account: {
    summary: 'The subscription and who you are.',
    scope: '',
    load: account,
    verbs: {
      show: ['The subscription in use.', '--name/-n/-s'],
      list: ['Subscriptions.', '--all? --refresh?'],
      set: ['Choose a subscription.', '--name/-n/-s/--subscription!'],
      clear: ['Forget who is signed in.', ''],
      'get-access-token': ['A token for other programs.', '--resource --resource-type --scope+ --tenant/-t --name/-n/-s'],
      'list-locations': ['Locations.', ''],
    },
  },
  cloud: {
    summary: 'The cloud that this instance is.',
    scope: '',
    load: cloud,
    verbs: { show: ['Endpoints of the cloud.', '--name/-n'], list: ['The clouds known.', ''] },
  },
  config: {
    summary: 'Settings in the configuration file.',
    scope: '--local?',
    load: config,
    verbs: {
      get: ['Settings, or one.', 'words '],
      set: ['Set section.key=value.', 'words '],
      unset: ['Remove settings.', 'words '],
    },
  },
  group: {
    summary: 'Resource groups.',
    scope: '',
    load: group,
    verbs: {
      create: ['Create a resource group.', '--name/-n/--resource-group/-g! --location/-l --tags+ --managed-by'],
      show: ['One resource group.', '--name/-n/--resource-group/-g!'],
      list: ['Resource groups.', '--tag'],
      exists: ['Whether it is there.', '--name/-n/--resource-group/-g!'],
      delete: ['Delete a resource group with all in it.', '--name/-n/--resource-group/-g! --yes/-y? --no-wait?'],
    },
  },
  extension: {
    summary: 'Extensions; ml is built in.',
    scope: '',
    load: extension,
    verbs: {
      add: [
        'Add an extension.',
        '--name/-n --source/-s --yes/-y? --upgrade~ --version --allow-preview~ --system~ --pip-proxy --pip-extra-index-urls+',
      ],
      update: ['Update an extension.', '--name/-n! --allow-preview~ --pip-proxy --pip-extra-index-urls+'],
      remove: ['Remove an extension.', '--name/-n!'],
      list: ['Extensions that are there.', ''],
      show: ['One extension.', '--name/-n!'],
    },
  },
}
