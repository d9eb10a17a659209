export { systemActor, type Actor, type StorageGrant } from './actor.ts'
export {
  actorOfPrincipal,
  authenticateToken,
  consumeCredential,
  issueCredential,
  issueCredentials,
  revokeBoundCredentials,
  revokeCredential,
  type CredentialDraft,
  type IssuedCredential,
} from './credentials.ts'
export type { TokenKind } from './token-format.ts'
