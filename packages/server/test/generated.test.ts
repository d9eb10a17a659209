import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openApiText } from '../src/domains/platform/openapi.ts'
import { compatibilityText } from './azure-compatibility/document.ts'

const committed = (path: string) => readFileSync(join(dirname(fileURLToPath(import.meta.url)), '../../..', path), 'utf8')

it('openapi.json is what the operation table says (npm run gen writes it)', () => {
  expect(committed('openapi.json') === openApiText()).toBe(true)
})

it('docs/azure-compatibility.md is what the variants say (npm run gen writes it)', () => {
  expect(committed('docs/azure-compatibility.md')).toBe(compatibilityText())
})
