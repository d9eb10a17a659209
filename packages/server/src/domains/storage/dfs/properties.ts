import { storageError } from '../storage-error.ts'

/** `x-ms-properties: name=base64,…` of the Data Lake protocol, which is metadata elsewhere. */
export function metadataOfProperties(text: string | undefined): Record<string, string> {
  const metadata: Record<string, string> = {}
  for (const part of (text ?? '').split(',').filter((word) => word.trim() !== '')) {
    const at = part.indexOf('=')
    const name = part.slice(0, at).trim()
    if (at < 1 || !/^[a-z_][a-z0-9_]{0,255}$/i.test(name))
      throw storageError(400, 'InvalidPropertyName', `'${part.slice(0, 100)}' is no property: write name=base64 of the value.`)
    metadata[name] = Buffer.from(part.slice(at + 1).trim(), 'base64').toString('utf8')
  }
  return metadata
}

export function propertiesOfMetadata(metadata: Readonly<Record<string, string>>): string {
  return Object.entries(metadata)
    .filter(([name]) => name !== 'hdi_isfolder')
    .map(([name, value]) => `${name}=${Buffer.from(value, 'utf8').toString('base64')}`)
    .join(',')
}
