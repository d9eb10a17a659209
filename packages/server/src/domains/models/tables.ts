declare module '../../kernel/db/schema.ts' {
  interface Database {
    /** Ids in lower case. The content store keeps every digest named here. */
    model_version_files: { version_id: string; path: string; digest: string; size_bytes: number }
  }
}

export {}
