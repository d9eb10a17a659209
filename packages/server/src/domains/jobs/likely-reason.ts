import type { StepError } from './types.ts'

/**
 * Why a program most likely failed, from how it ended and its last lines: one sentence that names what is missing and what to do.
 * Pure; the last lines decide, from the end backwards, since the cause of an error stands above what followed from it.
 */
export function likelyReason(
  failed: Pick<StepError, 'code' | 'exitCode' | 'lastLogLines'>,
  environmentId?: string,
): string | undefined {
  if (failed.code === 'OutOfMemory')
    return 'The job needed more memory than it may use. Ask for more (resources), or let it work on less at a time.'
  const lines = (failed.lastLogLines ?? []).map(plain).filter((line) => line !== '' && !line.startsWith('fulcrum: '))
  for (const line of lines.toReversed()) {
    for (const { pattern, say } of known) {
      const found = pattern.exec(line)
      if (found !== null) return say(found, nameOfEnvironment(environmentId))
    }
  }
  return byExitCode(failed.exitCode) ?? lines.findLast((line) => /^[\w.]*(?:Error|Exception|Interrupt|Exit)\b(?::|$)/.test(line))
}

interface Known {
  readonly pattern: RegExp
  readonly say: (found: RegExpExecArray, environment: string) => string
}

const known: readonly Known[] = [
  {
    pattern: /^(?:ModuleNotFoundError|ImportError): No module named '?([\w.]+)'?/,
    say: ([, name = ''], environment) =>
      `The Python package '${name.split('.')[0]}' is missing in ${environment}. Add it there; its name on the index may differ from the name that is imported.`,
  },
  {
    pattern: /^ImportError: cannot import name '([^']+)' from '([^']+)'/,
    say: ([, name = '', from = ''], environment) =>
      `'${from}' in ${environment} has no '${name}': another version of it is needed.`,
  },
  {
    pattern: /^Error in library\(["']?([\w.]+)["']?\)/,
    say: ([, name = ''], environment) => `The R package '${name}' is missing in ${environment}.`,
  },
  {
    pattern: /can't open file '?([^']+?)'?: \[Errno 2\]/,
    say: ([, path = '']) =>
      `The script '${lastOf(path)}' is not in the code of the job. Look at 'code' and at the path in the command.`,
  },
  {
    pattern: /^(?:FileNotFoundError|IsADirectoryError|NotADirectoryError): .*?'([^']+)'/,
    say: ([whole = '', path = '']) => aboutPath(path, whole),
  },
  {
    pattern: /^PermissionError: .*?'([^']+)'/,
    say: ([, path = '']) =>
      `'${path}' may not be written or read by the job. Outputs go to \${{outputs.…}} or ./outputs; inputs are read-only unless their mode is rw_mount.`,
  },
  {
    pattern: /^(?:[\w.]+Error: )?\[Errno 28\]|No space left on device/i,
    say: () => 'The disk of this host is full.',
  },
  {
    pattern: /^(?:torch\.)?(?:cuda\.)?OutOfMemoryError: |CUDA out of memory/,
    say: () => 'The GPU has too little memory for this. Use smaller batches, or a larger GPU.',
  },
  {
    pattern: /^MemoryError\b|std::bad_alloc|Cannot allocate memory/,
    say: () => 'The program ran out of memory. Let it work on less at a time, or ask for more (resources).',
  },
  {
    pattern: /([\w./-]+): (?:command )?not found$/,
    say: ([, name = ''], environment) => `There is no program '${lastOf(name)}' in ${environment} nor on this host.`,
  },
  {
    pattern: /([\w./-]+): Permission denied$/,
    say: ([, path = '']) =>
      `'${path}' may not be run or read. A script needs its interpreter before it ('bash ${lastOf(path)}') or the right to be executed.`,
  },
  {
    pattern: /(?:error: unrecognized arguments?: |error: the following arguments are required: )(.+)$/,
    say: ([whole = '']) => `The command does not fit what its script takes: ${whole.slice(whole.indexOf('error: ') + 7)}.`,
  },
  { pattern: /^KeyError: (.+)$/, say: ([line = '']) => `${line}. The data or the settings have no such entry.` },
  {
    pattern: /(?:Temporary failure in name resolution|Name or service not known|Network is unreachable|Connection refused)/,
    say: () =>
      'A network address could not be reached from the job. Is the job cut off from the network (network none), or the service down?',
  },
]

function aboutPath(path: string, whole: string): string {
  const input = /\/inputs\/([^/]+)(?:\/(.*))?$/.exec(path)
  if (whole.startsWith('IsADirectoryError'))
    return `'${path}' is a folder; the program expects a file. Name the file in it, or use an input of type uri_file.`
  if (whole.startsWith('NotADirectoryError'))
    return `'${path}' is a file; the program expects a folder. Use an input of type uri_folder.`
  if (input !== null && input[2]) return `Input '${input[1]}' has no '${input[2]}'. Look at what is stored behind it.`
  return `There is no '${path}'. Inputs are at \${{inputs.…}}, and paths in the code are relative to its folder.`
}

function byExitCode(code: number | undefined): string | undefined {
  switch (code) {
    case 126:
      return 'The command is there but cannot be run (exit code 126): it lacks the right to be executed, or is of another kind of machine.'
    case 127:
      return 'The command was not found (exit code 127). Is the program in the environment, and the script in the code?'
    case 137:
      return 'The program was killed (exit code 137), most often because it used too much memory.'
    case 139:
      return 'The program crashed (segmentation fault): most often native packages of versions that do not fit each other.'
    default:
      return undefined
  }
}

/** Without colours. */
function plain(line: string): string {
  // oxlint-disable-next-line no-control-regex
  return line.replace(/\u001b\[[0-9;]*m/g, '').trim()
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** `…/environments/N/versions/V` → `environment 'N:V'`. */
function nameOfEnvironment(id: string | undefined): string {
  if (id === undefined) return "this host's Python; the job names no environment"
  const [, name, version] = /\/environments\/([^/]+)\/versions\/([^/]+)$/i.exec(id) ?? []
  return `environment '${name === undefined ? id : `${name}:${version}`}'`
}
