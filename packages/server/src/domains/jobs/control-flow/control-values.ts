import { invalid } from '@fulcrum/contract'
import { controlTypes, type ControlType } from './control-types.ts'

/** The texts that steps write into control outputs, and what they mean. Pure. */

export function controlTypeOf(type: unknown): ControlType | undefined {
  return typeof type === 'string' ? controlTypes.find((known) => known === type.toLowerCase()) : undefined
}

/** Checks what a step wrote; white space around it does not count, except in a string. @throws InvalidRequestContent */
export function readControlValue(type: ControlType, text: string, name: string): string {
  const value = text.trim()
  if (type === 'string') return text.replace(/\r?\n$/, '')
  if (type === 'boolean') return String(isTrue(value, `Output '${name}'`))
  const fits = type === 'integer' ? /^[+-]?\d+$/.test(value) : value !== '' && Number.isFinite(Number(value))
  if (fits) return value
  throw invalid(`Output '${name}' is declared as ${type}, but the step wrote '${shorten(value)}' into it.`, {
    target: `outputs.${name}`,
  })
}

/** @throws InvalidRequestContent it is neither true nor false */
export function isTrue(value: string, what: string): boolean {
  const word = value.trim().toLowerCase()
  if (word === 'true' || word === '1') return true
  if (word === 'false' || word === '0') return false
  throw invalid(`${what} must be true or false, but is '${shorten(value)}'.`)
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
