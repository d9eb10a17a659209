import type { Json } from '../../kernel/tables.ts'

export interface DeviceCodesTable {
  code_hash: Buffer
  user_code: string
  client_id: string
  audience: string
  /** pending, approved or denied. */
  state: string
  principal_id: string | null
  scopes: Json<string[] | null> | null
  created_at: Date
  expires_at: Date
  polled_at: Date | null
}

declare module '../../kernel/db/schema.ts' {
  interface Database {
    device_codes: DeviceCodesTable
  }
}
