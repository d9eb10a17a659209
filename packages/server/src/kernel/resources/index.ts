export { presentResource } from './present.ts'
export { reconcileKind, ResourceService, type WriteResult } from './service.ts'
export { findResource, findResources, listResources, mergeStatus, type ListQuery } from './store.ts'
export type { KindBehaviour, ResourceBody, ResourceWrite, StoredResource, WriteObserver } from './types.ts'
