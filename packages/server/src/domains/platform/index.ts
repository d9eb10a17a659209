export { platformDomain } from './platform.ts'
