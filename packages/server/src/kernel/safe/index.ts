export type { FetchPurpose, Resolve } from './external-address.ts'
export { decodePathOnce, parseRelativePath, type RelativePath } from './relative-path.ts'
export { fetchExternal, type FetchLimits, type FetchRequest, type FetchResponse } from './safe-fetch.ts'
export {
  type AtomicWriteOptions,
  ensureDirectory,
  listTree,
  readTail,
  readText,
  removeTree,
  statOrUndefined,
  type Tail,
  touchFile,
  type TreeEntry,
  writeFileAtomic,
} from './safe-files.ts'
export { openInside, type OpenPurpose, resolveInside } from './safe-path.ts'
export { runProcess, type RunRequest, type RunResult, signalGroup, spawnProcess, type SpawnRequest } from './safe-spawn.ts'
export { type ParsedYaml, parseYaml, type YamlOptions, type YamlPosition } from './safe-yaml.ts'
