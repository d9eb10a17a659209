export * from './arm-id.ts'
export * from './errors.ts'
export * from './kind.ts'
export * from './operation.ts'
