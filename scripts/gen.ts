import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApiText } from '../packages/server/src/domains/platform/openapi.ts'

/** `npm run gen`: what is generated from the code and committed, so that a review shows the change. */
writeFileSync(join(import.meta.dirname, '..', 'openapi.json'), openApiText())
