/** What a parallel step does, fixed at submission. The driver of mini-batches gets it as `task.json`. */
export interface ParallelSpec {
  /** `script`: an entry script with `run(mini_batch)`. `mlflow`: a model without code. */
  readonly engine: 'script' | 'mlflow'
  readonly entryScript?: string
  /** With `${{inputs.x}}` and `${{outputs.x}}`, filled when the step starts. */
  readonly programArguments: string
  /** Names of the inputs that are cut into mini-batches. */
  readonly inputData: readonly string[]
  /** A number of files, or of bytes of a table, perhaps with kb, mb or gb. */
  readonly miniBatchSize?: string
  readonly partitionKeys: readonly string[]
  readonly maxRetries: number
  readonly timeoutSeconds: number
  /** Failed items that are allowed; −1 = any number. */
  readonly errorThreshold: number
  /** Failed mini-batches that are allowed; −1 = any number. */
  readonly miniBatchErrorThreshold: number
  /** Name of the output to which returned rows are appended; without it the script writes its own files. */
  readonly appendRowTo?: string
  /** File in that output, when the output is a folder. */
  readonly appendFileName?: string
  /** Processes at once; absent = one for each processor. */
  readonly workers?: number
  readonly loggingLevel: string
  /** Name of the input that holds the model of a batch deployment. */
  readonly modelInput?: string
}
