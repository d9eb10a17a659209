export type { CertifiedKey } from './certificates.ts'
export { authorityPath, ensureServerCertificate, servedHosts } from './tls-files.ts'
export { listenTls, type TlsListener } from './tls-listener.ts'
