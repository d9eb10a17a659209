export { builtCommand, startBuiltPlatform, type BuiltPlatform } from './built-platform.ts'
export { startTestServer, type TestApi, type TestServer, type TestServerOptions } from './test-server.ts'
export { until } from './until.ts'
