import { dirname, isAbsolute, join } from 'node:path'
import type { DeploymentPlan } from './snapshot.ts'

/** The largest request body that is accepted. */
export const bodyLimitBytes = 10 * 1024 * 1024

export interface WorkerCommand {
  readonly executable: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly hello: Readonly<Record<string, unknown>>
}

const standardPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * How a deployment's worker is started: its interpreter, an environment without anything of the platform's, one thread per numeric
 * library (workers times threads is the usual reason for slow scoring), and the HELLO that names engine, model and script.
 */
export function workerCommand(plan: DeploymentPlan, options: { pythonPath: string; homeDirectory: string }): WorkerCommand {
  const absolute = isAbsolute(plan.python)
  const call = ['-m', 'fulcrum_runtime.scoring_worker']
  return {
    executable: absolute ? plan.python : '/usr/bin/env',
    arguments: absolute ? call : [plan.python, ...call],
    environment: {
      OMP_NUM_THREADS: '1',
      MKL_NUM_THREADS: '1',
      OPENBLAS_NUM_THREADS: '1',
      LANG: 'C.UTF-8',
      PYTHONDONTWRITEBYTECODE: '1',
      PYTHONUNBUFFERED: '1',
      ...usable(plan.environmentVariables),
      ...(plan.modelDirectory === null ? {} : { AZUREML_MODEL_DIR: plan.modelDirectory }),
      PATH: absolute ? `${dirname(plan.python)}:${standardPath}` : standardPath,
      PYTHONPATH: options.pythonPath,
      HOME: options.homeDirectory,
      TMPDIR: options.homeDirectory,
    },
    hello: {
      engine: plan.engine,
      ...(plan.modelDirectory === null ? {} : { modelDir: plan.modelDirectory }),
      ...(plan.codeDirectory === null ? {} : { codeDir: plan.codeDirectory }),
      ...(plan.script === null ? {} : { script: plan.script }),
      deployment: plan.name,
      collections: Object.fromEntries(Object.keys(plan.collections).map((name) => [name, true])),
      maxBodyBytes: bodyLimitBytes,
    },
  }
}

/** Where a deployment's workers have their home and temporary files. */
export function workerHome(dataDirectory: string, plan: DeploymentPlan): string {
  return join(
    dataDirectory,
    'serving',
    'homes',
    plan.id
      .toLowerCase()
      .replaceAll(/[^a-z0-9.-]+/g, '_')
      .slice(-150),
  )
}

/** Names that are none, or that would change how the worker itself is loaded, are left out. */
function usable(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(variables).filter(
      ([name, value]) =>
        /^[A-Za-z_][A-Za-z0-9_.-]*$/.test(name) && !/^LD_|^PYTHON(HOME|STARTUP)$/.test(name) && !value.includes('\0'),
    ),
  )
}
