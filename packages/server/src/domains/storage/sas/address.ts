import { decodePathOnce } from '../../../kernel/safe/index.ts'

/** What a URL of the storage protocols names, from its text as sent: the router would drop a trailing slash. */
export interface StorageAddress {
  readonly account: string
  /** Which protocol the host names; clients mix them. */
  readonly endpoint: 'blob' | 'dfs'
  /** Empty at the level of the account. */
  readonly container: string
  /** Decoded once; empty at the level of the container. */
  readonly name: string
}

/** The parts of `/store/{account}[.blob.{suffix}]/{container}/{name}`; `undefined` for another path. @throws InvalidPath */
export function storageAddressOf(path: string): StorageAddress | undefined {
  const [root, store, host = '', container = '', ...name] = path.split('/')
  if (root !== '' || store?.toLowerCase() !== 'store' || host === '') return undefined
  const [account = '', endpoint = ''] = decodePathOnce(host).toLowerCase().split('.')
  return {
    account,
    endpoint: endpoint === 'dfs' ? 'dfs' : 'blob',
    container: decodePathOnce(container),
    name: decodePathOnce(name.join('/')),
  }
}
