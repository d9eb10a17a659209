/** Options that every command takes. */
export interface GlobalOptions {
  readonly output?: string
  readonly query?: string
  readonly resourceGroup?: string
  readonly workspaceName?: string
  readonly subscription?: string
}
