import { createClient, isAppError } from '@fulcrum/sdk'
import { readConnection } from '../../connection.ts'
import type { Call, Handlers } from '../commands/command.ts'
import { AzFailure, usage } from '../failure.ts'
import type { SignIn } from '../settings.ts'

const cloudName = 'Fulcrum'

interface Subscription {
  readonly subscriptionId: string
  readonly displayName: string
  readonly state: string
  readonly tenantId: string
}

interface Me {
  readonly id: string
  readonly name: string
  readonly kind: string
  readonly tenantId: string
  readonly subscriptionId: string
}

const userOf = (me: Me): { name: string; type: 'user' | 'servicePrincipal' } => ({
  name: me.kind === 'User' ? me.name : me.id,
  type: me.kind === 'User' ? 'user' : 'servicePrincipal',
})

async function subscriptions(call: Call): Promise<Record<string, unknown>[]> {
  const { client, subscriptionId } = await call.place()
  const [me, { value }] = await Promise.all([client.get<Me>('/auth/me'), client.get<{ value: Subscription[] }>('/subscriptions')])
  return value.map((entry) => ({
    homeTenantId: entry.tenantId,
    id: entry.subscriptionId,
    isDefault: entry.subscriptionId === subscriptionId,
    managedByTenants: [],
    name: entry.displayName,
    state: entry.state,
    tenantId: entry.tenantId,
    user: userOf(me),
  }))
}

const matches = (entry: Record<string, unknown>, name: string): boolean =>
  [entry['id'], entry['name']].some((text) => String(text).toLowerCase() === name.toLowerCase())

async function oneSubscription(call: Call): Promise<Record<string, unknown>> {
  const name = call.values.text('name') ?? call.values.text('subscription')
  const found = (await subscriptions(call)).find((entry) =>
    name === undefined ? entry['isDefault'] === true : matches(entry, name),
  )
  if (found !== undefined) return found
  throw new AzFailure(`The subscription of '${name ?? ''}' doesn't exist in cloud '${cloudName}'.`)
}

async function signIn(call: Call, token: string): Promise<void> {
  const { apiUrl } = await readConnection(call.environment)
  const me = await createClient({ baseUrl: apiUrl, token }).get<Me>('/auth/me')
  const remembered: SignIn = { apiUrl, token, user: userOf(me), subscriptionId: me.subscriptionId }
  call.settings.rememberSignIn(remembered)
}

/** Asks the authority whether secret and service principal belong together, as the original does; the secret itself is the credential. */
async function signInPrincipal(call: Call, id: string, secret: string): Promise<void> {
  const { apiUrl, tenantId } = await readConnection(call.environment)
  // An instance is one tenant; scripts name the one they had.
  const tenant = tenantId ?? call.values.text('tenant') ?? 'common'
  const form = {
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: secret,
    scope: 'https://management.azure.com/.default',
  }
  await createClient({ baseUrl: apiUrl })
    .fetch('POST', `/${encodeURIComponent(tenant)}/oauth2/v2.0/token`, {
      body: new URLSearchParams(form).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    .catch((error: unknown) => {
      throw isAppError(error) && error.status < 500 ? new AzFailure(`Signing in as '${id}' was refused: ${error.message}`) : error
    })
  await signIn(call, secret)
}

async function login(call: Call): Promise<unknown> {
  const { values, settings, environment } = call
  if (values.flag('service-principal')) {
    const id = values.text('username') ?? values.text('client-id')
    const secret = values.text('password')
    if (id === undefined || secret === undefined)
      throw usage('the following arguments are required: --username/-u, --password/-p')
    await signInPrincipal(call, id, secret)
  } else if (values.flag('identity')) {
    // The secret of the identity endpoint is the credential of the workload itself.
    const secret = environment.inherited['IDENTITY_HEADER'] ?? environment.token
    if (secret === undefined)
      throw new AzFailure(
        'Failed to connect to the identity endpoint: IDENTITY_HEADER is not set. It is, in jobs and by \'eval "$(fulcrum env)"\'.',
      )
    await signIn(call, secret)
  } else if (values.has('password')) await signIn(call, values.need('password'))
  else settings.forgetSignIn()
  return listAccounts(call)
}

async function listAccounts(call: Call): Promise<Record<string, unknown>[]> {
  return (await subscriptions(call)).map((entry) => ({ cloudName, ...entry }))
}

/** Signed out means that the session of the instance is not used either, until the next sign-in. */
async function logout({ settings }: Call): Promise<undefined> {
  settings.rememberSignIn({ isSignedOut: true })
  return undefined
}

async function accessToken(call: Call): Promise<unknown> {
  const { values } = call
  const { client, token, subscriptionId, tenantId } = await call.place()
  const resource =
    values.text('resource') ??
    values.list('scope')[0]?.replace(/\/\.default$/, '') ??
    (values.text('resource-type') === 'aml' ? 'https://ml.azure.com' : 'https://management.azure.com')
  const { body } = await client.request<{ access_token: string; expires_on: string }>('GET', '/msi/token', {
    query: { resource, 'api-version': '2019-08-01' },
    headers: { 'x-identity-header': token },
  })
  const expires = Number(body.expires_on)
  return {
    accessToken: body.access_token,
    expiresOn: localTime(new Date(expires * 1000)),
    expires_on: expires,
    subscription: subscriptionId,
    tenant: tenantId,
    tokenType: 'Bearer',
  }
}

/** As the original prints it: local time without an offset, with microseconds. */
function localTime(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0')
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.000000`
}

export const accountVerbs: Handlers = {
  list: listAccounts,
  async show(call) {
    return { environmentName: cloudName, ...(await oneSubscription(call)) }
  },
  async set(call) {
    const { id } = await oneSubscription(call)
    call.settings.rememberSignIn({ ...call.settings.signIn(), subscriptionId: String(id) })
    return undefined
  },
  clear: logout,
  'get-access-token': accessToken,
  async 'list-locations'(call) {
    const { subscriptionId } = await call.place()
    return [
      {
        displayName: 'Local',
        id: `/subscriptions/${subscriptionId}/locations/local`,
        name: 'local',
        regionalDisplayName: 'Local',
      },
    ]
  },
}

/** The surface that scripts can rely on; `fulcrum` says what answers. */
const versions = {
  'azure-cli': '2.67.0',
  'azure-cli-core': '2.67.0',
  'azure-cli-telemetry': '1.1.0',
  extensions: { ml: '2.33.0' },
  fulcrum: '0.1.0',
}

export const topVerbs: Handlers = { login, logout, version: async () => versions }

async function cloud(call: Call): Promise<Record<string, unknown>> {
  const { client } = await call.place()
  const answer = await client.get<unknown>('/metadata/endpoints')
  const found = (Array.isArray(answer) ? (answer[0] as unknown) : answer) as {
    portal?: string
    resourceManager?: string
    authentication?: { loginEndpoint?: string }
    suffixes?: { storage?: string }
  }
  return {
    endpoints: {
      activeDirectory: found.authentication?.loginEndpoint ?? null,
      portal: found.portal ?? null,
      resourceManager: found.resourceManager ?? null,
    },
    isActive: true,
    name: cloudName,
    profile: 'latest',
    suffixes: { storageEndpoint: found.suffixes?.storage ?? null },
  }
}

export const cloudVerbs: Handlers = { show: cloud, list: async (call) => [await cloud(call)] }
