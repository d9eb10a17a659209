export type { Key, SealContext } from './envelope.ts'
export { loadRootKey, openWithRoot, type RootKey, sealWithRoot } from './root-key.ts'
export { type SecretReference, SecretStore, type SecretValue } from './secret-store.ts'
export type { ScopeKeysTable, SecretsTable, SecretVersionsTable } from './tables.ts'
