export { deliveryDomain } from './delivery.ts'
