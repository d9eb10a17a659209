export { builtCommand, startBuiltPlatform, type BuiltPlatform } from './built-platform.ts'
export type { TestApi, TestResponse } from './test-api.ts'
export { startTestServer, type TestServer, type TestServerOptions } from './test-server.ts'
export { until } from './until.ts'
