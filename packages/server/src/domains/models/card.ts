import type { ModelFile } from './manifest.ts'
import type { ModelDescription } from './mlmodel.ts'
import type { ModelOrigin } from './origin.ts'

export interface CardInput {
  readonly name: string
  readonly version: string
  readonly author: string
  readonly createdAt: Date
  readonly description: string | undefined
  readonly modelType: string
  readonly digest: string | undefined
  readonly files: readonly ModelFile[]
  readonly model: ModelDescription | undefined
  readonly origin: ModelOrigin
  readonly metrics: Readonly<Record<string, number>>
  readonly params: Readonly<Record<string, string>>
}

const shownAtMost = 30

/** The first draft of a model card, from what is known; people add intended use and limits in the description. */
export function modelCard(card: CardInput): string {
  const sizeBytes = card.files.reduce((sum, file) => sum + file.sizeBytes, 0)
  const { origin, model } = card
  const sections = [
    `# ${card.name}, version ${card.version}`,
    card.description ?? '',
    '## Details',
    table([
      ['Registered by', card.author],
      ['Registered at', card.createdAt.toISOString()],
      ['Type', card.modelType],
      ['Flavors', model === undefined ? undefined : Object.keys(model.flavors).join(', ')],
      ['Digest', card.digest === undefined ? 'none: no files were found' : code(card.digest)],
      ['Files', `${card.files.length}, ${sizeBytes} bytes`],
    ]),
    '## Origin',
    table([
      ['Job', origin.jobName],
      ['Run', origin.runId],
      ['Copy of', origin.sourceVersionId],
      ['Code', origin.codeId],
      ['Environment', origin.environmentId],
      ['Environment lock', origin.environmentLockHash],
      ...origin.inputs.map(({ name, uri }): [string, string] => [`Input ${name}`, uri]),
    ]),
    ...section(
      '## Metrics',
      Object.entries(card.metrics).map(([key, value]): [string, string] => [key, String(value)]),
    ),
    ...section('## Parameters', Object.entries(card.params)),
    ...(model?.signature === undefined
      ? []
      : ['## Signature', `\`\`\`json\n${JSON.stringify(model.signature, null, 2)}\n\`\`\``]),
  ]
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`
}

function section(title: string, rows: readonly (readonly [string, string])[]): string[] {
  return rows.length === 0 ? [] : [title, table(rows.slice(0, shownAtMost))]
}

function table(rows: readonly (readonly [string, string | undefined])[]): string {
  const known = rows.filter(([, value]) => value !== undefined && value !== '')
  if (known.length === 0) return 'Not known.'
  return ['| | |', '|---|---|', ...known.map(([name, value]) => `| ${cell(name)} | ${cell(value ?? '')} |`)].join('\n')
}

/** Names and values are users' texts: no markup, no line breaks. */
function cell(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|#]/g, '\\$&')
    .replaceAll('\\`', '`')
    .replace(/\s+/g, ' ')
}

function code(text: string): string {
  return `\`${text}\``
}
