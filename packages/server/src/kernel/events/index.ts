export { appendEvent, type EventDraft, type EventSource } from './events.ts'
export { deliverEvents, type EventHandler, type EventSubscription } from './reader.ts'
export { sealEvents, type EventRow } from './sealer.ts'
export { verifyAuditChain, type AuditVerification } from './verify.ts'
