import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compatibilityText } from '../packages/server/test/azure-compatibility/document.ts'
import { openApiText } from '../packages/server/src/domains/platform/openapi.ts'

/** `npm run gen`: what is generated from the code and committed, so that a review shows the change. */
const root = join(import.meta.dirname, '..')
writeFileSync(join(root, 'openapi.json'), openApiText())
writeFileSync(join(root, 'docs', 'azure-compatibility.md'), compatibilityText())
