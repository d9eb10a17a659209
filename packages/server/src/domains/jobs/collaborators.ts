import type { Context } from '../../context.ts'

/** What the job engine needs from the domains below it; wired in `domains/index.ts`, so that the engine can be read without them. */
export interface JobCollaborators {
  resolveAssetUri(ctx: Context, workspaceId: string, reference: string): Promise<{ readonly uri: string; readonly type?: string | undefined }>
  materialiseUri(
    ctx: Context,
    request: { readonly workspaceId: string; readonly uri: string; readonly targetDirectory: string; readonly writable: boolean },
  ): Promise<{ readonly path: string; readonly kind: 'file' | 'folder'; readonly files: number; readonly sizeBytes: number }>
  publishDirectory(
    ctx: Context,
    request: { readonly workspaceId: string; readonly directory: string; readonly uri: string },
  ): Promise<{ readonly files: number; readonly sizeBytes: number; readonly digest: string }>
  treeDigest(ctx: Context, request: { readonly workspaceId: string; readonly uri: string }): Promise<string>
  ensureEnvironment(
    ctx: Context,
    request: { readonly workspaceId: string; readonly reference: string },
    onProgress: (line: string) => void,
  ): Promise<{ readonly lockHash: string; readonly directory: string; readonly python: string }>
}
