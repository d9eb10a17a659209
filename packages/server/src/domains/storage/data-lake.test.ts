import { DataLakeServiceClient, StorageSharedKeyCredential } from '@azure/storage-file-datalake'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { roleIds } from '../../kernel/authz/index.ts'
import { codeOf, startStorageFixture, type StorageFixture } from './blob-client.fixture.ts'

const noRetries = { retryOptions: { maxTries: 1 } }

describe('a hierarchical account, by the client library', () => {
  let fixture: StorageFixture
  let service: DataLakeServiceClient
  const lake = 'lake'

  beforeAll(async () => {
    fixture = await startStorageFixture({ isHierarchical: true })
    const credential = new StorageSharedKeyCredential(fixture.accountName, fixture.key)
    service = new DataLakeServiceClient(fixture.dfsUrl, credential, noRetries)
    await service.getFileSystemClient(lake).create()
  })
  afterAll(() => fixture[Symbol.asyncDispose]())

  const system = () => service.getFileSystemClient(lake)
  const write = async (path: string, text = path) => {
    const file = system().getFileClient(path)
    await file.create()
    await file.append(text, 0, text.length)
    await file.flush(text.length)
    return file
  }
  const textOf = async (path: string) => (await system().getFileClient(path).readToBuffer()).toString()
  const paths = async (options: { path?: string; recursive?: boolean } = {}) => {
    const found: string[] = []
    for await (const page of system().listPaths(options).byPage({ maxPageSize: 2 }))
      for (const item of page.pathItems ?? []) found.push(`${item.isDirectory === true ? 'd' : 'f'} ${item.name}`)
    return found
  }

  it('has file systems', async () => {
    const client = service.getFileSystemClient('second')
    await client.create({ metadata: { team: 'x' } })
    expect(await codeOf(client.create())).toBe('409 ContainerAlreadyExists')
    expect((await client.getProperties()).metadata).toEqual({ team: 'x' })
    const found: string[] = []
    for await (const { name } of service.listFileSystems()) found.push(name)
    expect(found).toEqual([lake, 'second'])
    await client.delete()
    expect(await client.exists()).toBe(false)
  })

  it('takes data in any order and has it once it is flushed', async () => {
    const file = system().getFileClient('in/parts.txt')
    await file.create({ metadata: { source: 'test' }, pathHttpHeaders: { contentType: 'text/plain' } })
    await file.append('-second', 5, 7)
    await file.append('first', 0, 5)
    expect((await file.getProperties()).contentLength).toBe(0)
    expect(await codeOf(file.flush(9))).toBe('400 InvalidFlushPosition')
    await file.flush(12)
    expect(await textOf('in/parts.txt')).toBe('first-second')
    await file.append('!', 12, 1, { flush: true })
    expect((await file.readToBuffer(5)).toString()).toBe('-second!')
    const properties = await file.getProperties()
    expect([properties.contentType, properties.metadata, properties.contentLength]).toEqual([
      'text/plain',
      { source: 'test' },
      13,
    ])
    expect(await codeOf(file.append('x', 3, 1))).toBe('400 InvalidFlushPosition')
    expect(await codeOf(system().getFileClient('in/none').append('x', 0, 1))).toBe('404 PathNotFound')
    // The same file by the Blob protocol.
    expect((await fixture.service.getContainerClient(lake).getBlobClient('in/parts.txt').downloadToBuffer()).toString()).toBe(
      'first-second!',
    )
  })

  it('uploads large buffers in parallel', async () => {
    const bytes = Buffer.alloc(9 * 1024 * 1024, 'fulcrum')
    const file = system().getFileClient('in/large.bin')
    await file.upload(bytes, { chunkSize: 2 * 1024 * 1024, maxConcurrency: 4 })
    expect((await file.readToBuffer()).equals(bytes)).toBe(true)
  })

  it('lists directories level by level, or all below', async () => {
    for (const path of ['tree/a/1.txt', 'tree/a/2.txt', 'tree/b.txt', 'tree/a-b/x.txt']) await write(path)
    expect(await paths({ path: 'tree' })).toEqual(['d tree/a', 'd tree/a-b', 'f tree/b.txt'])
    expect((await paths({ path: 'tree', recursive: true })).toSorted()).toEqual(
      ['d tree/a', 'd tree/a-b', 'f tree/a-b/x.txt', 'f tree/a/1.txt', 'f tree/a/2.txt', 'f tree/b.txt'].toSorted(),
    )
    expect(await codeOf(paths({ path: 'nowhere' }))).toBe('404 PathNotFound')
  })

  it('renames a directory with all that is in it at once', async () => {
    const { server } = fixture
    const userId = await server.createUser('mover')
    await server.grant(userId, roleIds.storageBlobDataContributor, fixture.accountId)
    const api = server.api(await server.tokenOf(userId))
    // The client library names a wrong destination where the account is a part of the path.
    const move = async (from: string, to: string) => {
      const answer = await api.request('PUT', `/store/${fixture.accountName}.dfs.core.windows.net/${lake}/${to}?mode=legacy`, {
        headers: { 'x-ms-rename-source': `/${lake}/${from}`, 'content-type': 'application/octet-stream' },
      })
      return `${answer.status} ${answer.headers['x-ms-error-code'] ?? ''}`.trim()
    }
    for (const path of ['old/x/1', 'old/x/2', 'old-not/3']) await write(path)
    expect(await move('old', 'new/place')).toBe('201')
    expect(await system().getDirectoryClient('new/place').exists()).toBe(true)
    expect(await textOf('new/place/x/2')).toBe('old/x/2')
    expect(await system().getDirectoryClient('old').exists()).toBe(false)
    expect(await textOf('old-not/3')).toBe('old-not/3')
    await write('target/file')
    await write('source-file', 'newer')
    expect(await move('source-file', 'target/file')).toBe('201')
    expect(await textOf('target/file')).toBe('newer')
    expect(await move('none', 'x')).toBe('404 SourcePathNotFound')
    expect(await move('new', 'new/place/deeper')).toBe('409 InvalidRenameSourcePath')
    expect(await move('target', 'new')).toBe('409 DestinationPathAlreadyExists')
    expect(await move('../outside', 'x')).toBe('400 InvalidResourceName')
  })

  it('deletes a directory only when that was meant', async () => {
    await write('gone/a/1')
    await write('gone-not/1')
    const directory = system().getDirectoryClient('gone')
    expect(await codeOf(directory.delete(false))).toBe('409 DirectoryNotEmpty')
    await directory.delete(true)
    expect(await codeOf(directory.getProperties())).toBe('404 PathNotFound')
    expect(await textOf('gone-not/1')).toBe('gone-not/1')
    expect(await codeOf(directory.delete(true))).toBe('404 PathNotFound')
  })

  it('keeps a file a file and a directory a directory', async () => {
    await write('kind/file')
    await system().getDirectoryClient('kind/directory').create()
    expect(await codeOf(system().getFileClient('kind/file/below').create())).toBe('409 PathAlreadyExists')
    expect(await codeOf(system().getFileClient('kind/directory').create())).toBe('409 PathAlreadyExists')
    expect(await codeOf(system().getDirectoryClient('kind/file').create())).toBe('409 PathAlreadyExists')
    expect(await codeOf(fixture.service.getContainerClient(lake).uploadBlockBlob('kind/directory', 'x', 1))).toBe(
      '409 PathAlreadyExists',
    )
    expect(
      await codeOf(
        system()
          .getFileClient('kind/file')
          .create({ conditions: { ifNoneMatch: '*' } }),
      ),
    ).toBe('409 PathAlreadyExists')
    expect((await system().getDirectoryClient('kind/directory').getProperties()).metadata).toMatchObject({ hdi_isfolder: 'true' })
  })

  it('hands default entries of a directory down, and computes masks', async () => {
    const directory = system().getDirectoryClient('shared')
    await directory.create()
    const acl = (text: string) =>
      text.split(',').map((entry) => {
        const words = entry.split(':')
        const defaultScope = words[0] === 'default'
        const [accessControlType, entityId = '', bits = ''] = defaultScope ? words.slice(1) : words
        const permissions = { read: bits.includes('r'), write: bits.includes('w'), execute: bits.includes('x') }
        return { defaultScope, accessControlType: accessControlType as 'user', entityId, permissions }
      })
    await directory.setAccessControl(
      acl(
        'user::rwx,user:ana:r-x,group::r-x,other::---,default:user::rwx,default:user:ana:rwx,default:group::r-x,default:other::---',
      ),
    )
    await write('shared/inside/file')
    const print = (
      entries: {
        defaultScope: boolean
        accessControlType: string
        entityId: string
        permissions: { read: boolean; write: boolean; execute: boolean }
      }[],
    ) =>
      entries.map(
        ({ defaultScope, accessControlType, entityId, permissions: { read, write: writes, execute } }) =>
          `${defaultScope ? 'default:' : ''}${accessControlType}:${entityId}:${read ? 'r' : '-'}${writes ? 'w' : '-'}${execute ? 'x' : '-'}`,
      )
    expect(print((await directory.getAccessControl()).acl)).toContain('mask::r-x')
    const inside = print((await system().getDirectoryClient('shared/inside').getAccessControl()).acl)
    expect(inside).toEqual(expect.arrayContaining(['user:ana:rwx', 'default:user:ana:rwx', 'mask::rwx', 'default:mask::rwx']))
    const file = print((await system().getFileClient('shared/inside/file').getAccessControl()).acl)
    expect(file).toEqual(expect.arrayContaining(['user:ana:rw-']))
    expect(file.some((entry) => entry.startsWith('default:'))).toBe(false)
    const counts = (await directory.updateAccessControlRecursive(acl('user:ben:r--'))).counters
    expect(counts).toMatchObject({ changedDirectoriesCount: 2, changedFilesCount: 1, failedChangesCount: 0 })
    expect(print((await system().getFileClient('shared/inside/file').getAccessControl()).acl)).toContain('user:ben:r--')
    expect(await codeOf(directory.setAccessControl(acl('user::rwx,other::---')))).toBe('400 InvalidAccessControlList')
    await directory.setPermissions({
      owner: { read: true, write: true, execute: true },
      group: { read: true, write: false, execute: true },
      other: { read: false, write: false, execute: true },
      stickyBit: false,
      extendedAcls: false,
    })
    expect((await directory.getAccessControl()).permissions).toMatchObject({ other: { execute: true } })
  })

  it('enforces access control lists on callers without a role, and not on those with one', async () => {
    const { server } = fixture
    const ids = new Map<string, string>()
    for (const name of ['reader', 'nobody', 'writer', 'contributor', 'owner'])
      ids.set(name, await server.createUser(`lake-${name}`))
    const id = (name: string) => ids.get(name) ?? ''
    await server.grant(id('contributor'), roleIds.storageBlobDataContributor, fixture.accountId)
    await server.grant(id('owner'), roleIds.storageBlobDataOwner, fixture.accountId)
    const base = `/store/${fixture.accountName}.dfs.core.windows.net/${lake}`
    const call = async (who: string, method: string, path: string, headers: Record<string, string> = {}, body?: string) => {
      const api = server.api(await server.tokenOf(id(who)))
      const answer = await api.request(method, `${base}/${path}`, {
        headers: { 'content-type': 'text/plain', ...headers },
        ...(body === undefined ? {} : { body }),
      })
      return `${answer.status} ${answer.headers['x-ms-error-code'] ?? ''}`.trim()
    }
    const asKey = async (path: string, acl: string) => {
      const api = server.api(await server.tokenOf(id('owner')))
      const answer = await api.request('PATCH', `${base}/${path}?action=setAccessControl`, { headers: { 'x-ms-acl': acl } })
      expect([path, answer.status, answer.text]).toEqual([path, 200, ''])
    }
    await write('closed/data/secret.txt')
    const file = 'closed/data/secret.txt'
    // Nothing on the way lets them in: not even that the file system exists is told.
    expect(await call('reader', 'GET', file)).toBe('404 ContainerNotFound')
    await asKey('', `user::rwx,user:${id('reader')}:--x,user:${id('writer')}:--x,group::r-x,other::---`)
    await asKey('closed', `user::rwx,user:${id('reader')}:--x,user:${id('writer')}:--x,group::r-x,other::---`)
    expect(await call('reader', 'GET', file)).toBe('403 AuthorizationPermissionMismatch')
    await asKey('closed/data', `user::rwx,user:${id('reader')}:r-x,user:${id('writer')}:rwx,group::r-x,other::---`)
    expect(await call('reader', 'GET', file)).toBe('403 AuthorizationPermissionMismatch')
    await asKey(file, `user::rw-,user:${id('reader')}:r--,group::r--,other::---`)
    expect(await call('reader', 'GET', file)).toBe('200')
    expect(await call('nobody', 'GET', file)).toBe('404 ContainerNotFound')
    expect(await call('reader', 'GET', '?resource=filesystem&recursive=false&directory=closed/data')).toBe('200')
    expect(await call('reader', 'GET', '?resource=filesystem&recursive=false&directory=closed')).toBe(
      '403 AuthorizationPermissionMismatch',
    )
    // Reading is not writing, creating, renaming or deleting.
    expect(await call('reader', 'PUT', 'closed/data/new.txt?resource=file')).toBe('403 AuthorizationPermissionMismatch')
    expect(await call('reader', 'PATCH', `${file}?action=append&position=22`, {}, 'x')).toBe(
      '403 AuthorizationPermissionMismatch',
    )
    expect(await call('reader', 'DELETE', file)).toBe('403 AuthorizationPermissionMismatch')
    expect(await call('reader', 'PUT', 'mine.txt', { 'x-ms-rename-source': `/${lake}/${file}` })).toBe(
      '403 AuthorizationPermissionMismatch',
    )
    expect(await call('reader', 'PATCH', `${file}?action=setAccessControl`, { 'x-ms-permissions': 'rwxrwxrwx' })).toBe(
      '403 AuthorizationPermissionMismatch',
    )
    // A writer owns what it makes, and changes who may read it, but gives it to nobody.
    expect(await call('writer', 'PUT', 'closed/data/made.txt?resource=file')).toBe('201')
    expect(await call('reader', 'GET', 'closed/data/made.txt')).toBe('403 AuthorizationPermissionMismatch')
    expect(
      await call('writer', 'PATCH', 'closed/data/made.txt?action=setAccessControl', { 'x-ms-permissions': 'rw-r--r--' }),
    ).toBe('200')
    expect(await call('reader', 'GET', 'closed/data/made.txt')).toBe('200')
    expect(await call('writer', 'PATCH', 'closed/data/made.txt?action=setAccessControl', { 'x-ms-owner': id('reader') })).toBe(
      '403 AuthorizationPermissionMismatch',
    )
    expect(await call('writer', 'DELETE', 'closed/data?recursive=true')).toBe('403 AuthorizationPermissionMismatch')
    expect(await call('writer', 'DELETE', 'closed/data/made.txt')).toBe('200')
    // Roles come before lists; the data owner's opens permissions as well.
    expect(await call('contributor', 'GET', file)).toBe('200')
    expect(await call('contributor', 'PATCH', `${file}?action=setAccessControl`, { 'x-ms-permissions': 'rwxrwxrwx' })).toBe(
      '403 AuthorizationPermissionMismatch',
    )
    expect(await call('owner', 'PATCH', `${file}?action=setAccessControl`, { 'x-ms-owner': id('reader') })).toBe('200')
    expect(await call('owner', 'DELETE', 'closed?recursive=true')).toBe('200')
  })
})

it('a flat account has no directories', async () => {
  await using fixture = await startStorageFixture()
  const service = new DataLakeServiceClient(
    fixture.dfsUrl,
    new StorageSharedKeyCredential(fixture.accountName, fixture.key),
    noRetries,
  )
  await service.getFileSystemClient('flat').create()
  expect(await codeOf(service.getFileSystemClient('flat').getDirectoryClient('a').create())).toBe(
    '400 HierarchicalNamespaceNotEnabled',
  )
})
