/** Services of a job, as asked for and as the wrapper announces them. */

export type ServiceType = 'JupyterLab' | 'TensorBoard' | 'Custom'

export interface ServiceRequest {
  readonly type: ServiceType
  /** Fixed by the user; absent = any free one. For `Custom` the port on which the command itself listens. */
  readonly port?: number
  /** Of TensorBoard, relative to the job's directory. */
  readonly logDirectory?: string
}

/** What the wrapper says of a service. */
export interface ServiceState {
  readonly jobServiceType: ServiceType
  readonly port: number | null
  readonly status: string
  readonly errorMessage: string | null
  readonly endpoint: string | null
  /** Lets its holder run programs as the job: shown to who submitted it, and to nobody else. */
  readonly token: string | null
}
