import { readFile } from 'node:fs/promises'
import { readYaml } from './yaml/references.ts'
import type { YamlFile } from './yaml/yaml-file.ts'

/** Reads and parses one of our own files (YAML 1.2); `set` are the `a.b.c=value` of `--set`. @throws YamlError */
export async function readYamlFile(path: string, set: readonly string[] = []): Promise<YamlFile> {
  return readYaml(path, (file) => readFile(file, 'utf8'), { set })
}
