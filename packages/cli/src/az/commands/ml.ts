import type { GroupTable, Handlers } from './command.ts'

const scope = '--resource-group/-g --workspace-name/-w'
const registry = `${scope} --registry-name`
const named = '--name/-n!'
const generic = '--set* --add* --remove* --force-string?'
const pages = '--max-results/-r#'
const archived = '--archived-only? --include-archived?'
const versioned = '--name/-n! --version/-v --label/-l'
const file = '--file/-f'

const assetVerbs = (title: string, create: string, extra: GroupTable['verbs'] = {}): GroupTable['verbs'] => ({
  create: [`Create a ${title}.`, create],
  list: [`List ${title}s, or the versions of one.`, `--name/-n ${archived} ${pages}`],
  show: [`Show a ${title}.`, versioned],
  update: [`Update a ${title}.`, `${versioned} ${generic}`],
  archive: [`Archive a ${title}.`, versioned],
  restore: [`Restore an archived ${title}.`, versioned],
  ...extra,
})
const share = (title: string): GroupTable['verbs'] => ({
  share: [
    `Share a ${title} from the workspace to a registry.`,
    '--name/-n! --version/-v! --share-with-name! --share-with-version! --registry-name!',
  ],
})

const verbsOf = (load: () => Promise<Handlers>, summary: string, verbs: GroupTable['verbs'], own = scope): GroupTable => ({
  summary,
  scope: own,
  verbs,
  load,
})

const assets = (noun: 'data' | 'environment' | 'component' | 'model') => () =>
  import('../verbs/assets.ts').then((module) => module.assetVerbsOf(noun))

/** Groups below `az ml`: verbs and flags as the extension `ml` has them. */
export const mlGroups: Readonly<Record<string, GroupTable>> = {
  workspace: verbsOf(
    () => import('../verbs/workspace.ts').then((module) => module.workspaceVerbs),
    'Manage workspaces.',
    {
      create: [
        'Create a workspace.',
        `--name/-n ${file} --set* --no-wait? --location/-l --display-name --description --tags+ --storage-account/-s --key-vault/-k --application-insights/-a --container-registry/-c --public-network-access --image-build-compute/-i --managed-network/-m --update-dependent-resources/-u? --enable-data-isolation/-e? --primary-user-assigned-identity/-p --kind --hub-id --default-resource-group --system-datastores-auth-mode/-d --provision-network-now? --allow-roleassignment-on-rg/-r~`,
      ],
      list: ['List workspaces.', `${pages} --filtered-kinds`],
      show: ['Show a workspace.', '--name/-n'],
      update: [
        'Update a workspace.',
        `--name/-n ${file} ${generic} --no-wait? --display-name --description --tags+ --public-network-access --image-build-compute/-i --application-insights/-a --container-registry/-c --update-dependent-resources/-u? --managed-network/-m --network-acls --primary-user-assigned-identity/-p --system-datastores-auth-mode/-d --allow-roleassignment-on-rg/-r~`,
      ],
      delete: ['Delete a workspace.', '--name/-n! --yes/-y? --no-wait? --all-resources? --permanently-delete/-p?'],
      'list-keys': ['List the keys of what belongs to a workspace.', named],
      'sync-keys': ['Sync the keys of what belongs to a workspace.', `${named} --no-wait?`],
      diagnose: ['Check the set-up of a workspace.', `${named} --no-wait?`],
      'provision-network': ['Provision the managed network of a workspace.', `${named} --no-wait? --include-spark?`],
    },
    '--resource-group/-g',
  ),
  registry: verbsOf(
    () => import('../verbs/workspace.ts').then((module) => module.registryVerbs),
    'Manage registries.',
    {
      create: [
        'Create a registry.',
        `--name/-n ${file} --set* --no-wait? --display-name --public-network-access --tags+ --location/-l`,
      ],
      list: ['List registries.', pages],
      show: ['Show a registry.', named],
      update: ['Update a registry.', `--name/-n ${file} ${generic} --no-wait? --display-name --public-network-access --tags+`],
      delete: ['Delete a registry.', `${named} --yes/-y? --no-wait?`],
    },
    '--resource-group/-g',
  ),
  compute: verbsOf(() => import('../verbs/compute.ts').then((module) => module.computeVerbs), 'Manage compute.', {
    create: [
      'Create compute.',
      `--name/-n ${file} --set* --type/-t --size --min-instances# --max-instances# --idle-time-before-scale-down/-d# --tier --description --location/-l --tags+ --identity-type --user-assigned-identities/-i --admin-username --admin-password --ssh-key-value --ssh-public-access-enabled/-p~ --subnet --vnet-name --enable-node-public-ip~ --user-object-id --user-tenant-id --no-wait?`,
    ],
    attach: [
      'Attach existing compute.',
      `--name/-n ${file} --type/-t --resource-id --namespace --identity-type --user-assigned-identities/-i --admin-username --admin-password --ssh-port# --ssh-private-key-file --no-wait?`,
    ],
    list: ['List compute.', `${pages} --type`],
    show: ['Show compute.', named],
    update: [
      'Update compute.',
      `${named} ${generic} --min-instances# --max-instances# --idle-time-before-scale-down/-d# --tags+ --identity-type --user-assigned-identities/-i --no-wait?`,
    ],
    delete: ['Delete compute.', `${named} --yes/-y? --no-wait?`],
    detach: ['Detach compute.', `${named} --yes/-y? --no-wait?`],
    start: ['Start a compute instance.', `${named} --no-wait?`],
    stop: ['Stop a compute instance.', `${named} --no-wait?`],
    restart: ['Restart a compute instance.', `${named} --no-wait?`],
    'list-nodes': ['List the nodes of a cluster.', named],
    'list-sizes': ['List the sizes offered.', '--location/-l --type/-t'],
    'list-usage': ['List what is used of each quota.', '--location/-l'],
    'connect-ssh': ['Open a shell on a compute instance.', `${named} --private-key-file-path/-f`],
    'enable-sso': ['Enable single sign-on.', `${named} --disable?`],
  }),
  datastore: verbsOf(() => import('../verbs/datastore.ts').then((module) => module.datastoreVerbs), 'Manage datastores.', {
    create: ['Create a datastore.', '--file/-f! --name/-n --set*'],
    list: ['List datastores.', pages],
    show: ['Show a datastore.', named],
    update: ['Update a datastore.', `--name/-n ${file} ${generic}`],
    delete: ['Delete a datastore.', `${named} --yes/-y?`],
    mount: ['Mount a datastore as a folder.', '--path! --mode --mount-point --persistent?'],
  }),
  data: verbsOf(
    assets('data'),
    'Manage data assets.',
    assetVerbs(
      'data asset',
      `${file} --name/-n --version/-v --set* --type/-t --path/-p --description/-d --datastore --skip-validation? --no-wait?`,
      {
        import: [
          'Import data from a connection.',
          `${file} --name/-n --version/-v --set* --type/-t --path/-p --description/-d --datastore --skip-validation?`,
        ],
        mount: ['Mount a data asset as a folder.', '--path! --mode --mount-point --persistent?'],
        'list-materialization-status': ['List imports of data.', `--name/-p ${pages} ${archived} --all-results?`],
        ...share('data asset'),
      },
    ),
    registry,
  ),
  environment: verbsOf(
    assets('environment'),
    'Manage environments.',
    assetVerbs(
      'environment',
      `${file} --name/-n --version/-v --set* --image/-i --conda-file/-c --build-context/-b --dockerfile-path/-d --description --os-type --tags+ --datastore --no-wait?`,
      share('environment'),
    ),
    registry,
  ),
  component: verbsOf(
    assets('component'),
    'Manage components.',
    assetVerbs('component', '--file/-f! --name/-n --version/-v --set* --skip-validation?', {
      'prepare-for-sign': ['Make a catalogue of a component for signing.', '--file/-f!'],
    }),
    registry,
  ),
  job: verbsOf(() => import('../verbs/job.ts').then((module) => module.jobVerbs), 'Manage jobs.', {
    create: ['Create a job.', '--file/-f! --name/-n --set* --save-as/-a --skip-validation? --stream/-s? --web/-e?'],
    list: ['List jobs.', `${pages} --all-results~ ${archived} --parent-job-name/-p`],
    show: ['Show a job.', `${named} --web/-e?`],
    update: ['Update a job.', `${named} ${generic} --web/-e?`],
    cancel: ['Cancel a job.', named],
    archive: ['Archive a job.', named],
    restore: ['Restore an archived job.', named],
    stream: ['Print the log of a job as it grows.', named],
    download: ['Download the logs and outputs of a job.', `${named} --all? --download-path/-p --output-name`],
    validate: ['Check a job file.', '--file/-f! --set*'],
    'show-services': ['Show the services of a job.', `${named} --node-index/-i#`],
    'connect-ssh': ['Open a shell in a job.', `${named} --node-index/-i# --private-key-file-path/-f`],
  }),
  model: verbsOf(
    assets('model'),
    'Manage models.',
    assetVerbs(
      'model',
      `${file} --name/-n --version/-v --set* --type/-t --path/-p --description --tags+ --stage/-s --datastore --no-wait?`,
      {
        list: ['List models, or the versions of one.', `--name/-n ${archived} ${pages} --stage/-s --tag`],
        update: ['Update a model.', `${versioned} ${generic} --stage/-s`],
        download: ['Download the files of a model.', '--name/-n! --version/-v! --download-path/-p'],
        package: ['Package a model into an image.', '--file/-f! --name/-n! --version/-v!'],
        ...share('model'),
      },
    ),
    registry,
  ),
  'online-endpoint': verbsOf(
    () => import('../verbs/online-endpoint.ts').then((module) => module.onlineEndpointVerbs),
    'Manage online endpoints.',
    {
      create: ['Create an online endpoint.', `${file} --name/-n --set* --auth-mode --local? --no-wait? --web/-e?`],
      list: ['List online endpoints.', '--local?'],
      show: ['Show an online endpoint.', `${named} --local? --web/-e?`],
      update: [
        'Update an online endpoint.',
        `--name/-n ${file} ${generic} --traffic/-r+ --mirror-traffic+ --defaults+ --local? --no-wait? --web/-e?`,
      ],
      delete: ['Delete an online endpoint.', `${named} --yes/-y? --no-wait? --local?`],
      'get-credentials': ['The keys or the token of an endpoint.', named],
      'regenerate-keys': ['Make a new key.', `${named} --key-type --no-wait?`],
      invoke: ['Score a request.', `${named} --request-file/-r --deployment-name/-d --local?`],
    },
  ),
  'online-deployment': verbsOf(
    () => import('../verbs/online-deployment.ts').then((module) => module.onlineDeploymentVerbs),
    'Manage online deployments.',
    {
      create: [
        'Create a deployment.',
        '--file/-f! --name/-n --endpoint-name/-e --set* --all-traffic? --no-wait? --local? --local-enable-gpu? --vscode-debug? --package-model? --skip-script-validation? --web?',
      ],
      list: ['List deployments of an endpoint.', '--endpoint-name/-e! --local?'],
      show: ['Show a deployment.', `${named} --endpoint-name/-e! --local? --web?`],
      update: [
        'Update a deployment.',
        `--name/-n --endpoint-name/-e ${file} ${generic} --no-wait? --local? --local-enable-gpu? --vscode-debug? --skip-script-validation? --web?`,
      ],
      delete: ['Delete a deployment.', `${named} --endpoint-name/-e! --yes/-y? --no-wait? --local?`],
      'get-logs': ['The log of a deployment.', `${named} --endpoint-name/-e! --lines/-l# --container/-c --local?`],
    },
  ),
  'batch-endpoint': verbsOf(
    () => import('../verbs/batch-endpoint.ts').then((module) => module.batchEndpointVerbs),
    'Manage batch endpoints.',
    {
      create: ['Create a batch endpoint.', `${file} --name/-n --set* --no-wait?`],
      list: ['List batch endpoints.', ''],
      show: ['Show a batch endpoint.', named],
      update: ['Update a batch endpoint.', `--name/-n ${file} ${generic} --defaults+ --no-wait?`],
      delete: ['Delete a batch endpoint.', `${named} --yes/-y? --no-wait?`],
      invoke: [
        'Start a batch job.',
        `${named} ${file} --input --input-type --inputs+ --outputs+ --output-path --set* --deployment-name/-d --job-name --experiment-name --instance-count/-c# --mini-batch-size/-m#`,
      ],
      'list-jobs': ['List the jobs of an endpoint.', named],
    },
  ),
  'batch-deployment': verbsOf(
    () => import('../verbs/batch-endpoint.ts').then((module) => module.batchDeploymentVerbs),
    'Manage batch deployments.',
    {
      create: [
        'Create a deployment.',
        '--file/-f! --name/-n --endpoint-name/-e --set* --set-default? --skip-script-validation? --no-wait?',
      ],
      list: ['List deployments of an endpoint.', '--endpoint-name/-e!'],
      show: ['Show a deployment.', `${named} --endpoint-name/-e!`],
      update: ['Update a deployment.', `--name/-n --endpoint-name/-e ${file} ${generic} --no-wait?`],
      delete: ['Delete a deployment.', `${named} --endpoint-name/-e! --yes/-y? --no-wait?`],
      'list-jobs': ['List the jobs of a deployment.', `${named} --endpoint-name/-e!`],
    },
  ),
  schedule: verbsOf(() => import('../verbs/schedule.ts').then((module) => module.scheduleVerbs), 'Manage schedules.', {
    create: ['Create a schedule.', '--file/-f! --name/-n --set* --no-wait?'],
    list: ['List schedules.', `${pages} --disabled-only? --include-disabled?`],
    show: ['Show a schedule.', named],
    update: ['Update a schedule.', `${named} ${file} ${generic} --no-wait?`],
    delete: ['Delete a schedule.', `${named} --yes/-y? --no-wait?`],
    enable: ['Enable a schedule.', `${named} --no-wait?`],
    disable: ['Disable a schedule.', `${named} --no-wait?`],
    trigger: ['Run a schedule once, now.', named],
  }),
  connection: verbsOf(() => import('../verbs/connection.ts').then((module) => module.connectionVerbs), 'Manage connections.', {
    create: ['Create a connection.', '--file/-f! --name/-n --set* --populate-secrets/-p?'],
    list: ['List connections.', `${pages} --type/-t --populate-secrets/-p?`],
    show: ['Show a connection.', `${named} --populate-secrets/-p?`],
    update: ['Update a connection.', `${named} ${generic} --populate-secrets/-p?`],
    delete: ['Delete a connection.', `${named} --yes/-y?`],
  }),
}
