import { isAbsolute } from 'node:path'
import { pythonPath } from '../../paths.ts'

/** Where `fulcrum_runtime` lies, for the PYTHONPATH of programs that run it with an interpreter of their own. */
export const modulePath = pythonPath

/** How to start a module of `python/fulcrum_runtime`. */
export interface PythonModule {
  readonly executable: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

/** `python3 -m fulcrum_runtime.<module> …`; a bare program name is looked up on the standard path by `env`, which then becomes it. */
export function fulcrumPython(pythonExecutable: string, module: string, moduleArguments: readonly string[] = []): PythonModule {
  const call = ['-m', `fulcrum_runtime.${module}`, ...moduleArguments]
  const absolute = isAbsolute(pythonExecutable)
  return {
    executable: absolute ? pythonExecutable : '/usr/bin/env',
    arguments: absolute ? call : [pythonExecutable, ...call],
    environment: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      PYTHONPATH: pythonPath,
      LANG: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
    },
  }
}
