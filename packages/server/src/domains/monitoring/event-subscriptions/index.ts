export { eventSubscriptionBehaviour } from './behaviour.ts'
export { deliverToSubscriptions } from './deliver.ts'
export { listDeliveries } from './views.ts'
