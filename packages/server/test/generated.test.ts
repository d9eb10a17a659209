import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openApiText } from '../src/domains/platform/openapi.ts'

it('openapi.json is what the operation table says (npm run gen writes it)', () => {
  const committed = readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../../openapi.json'), 'utf8')
  expect(committed === openApiText()).toBe(true)
})
