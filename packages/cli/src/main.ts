#!/usr/bin/env node
import { createProgram } from './program.ts'

/** `fulcrum`. Only the argument parser is loaded at start; each command loads what it needs when it runs. */
async function main(): Promise<void> {
  try {
    await createProgram().parseAsync(process.argv)
  } catch (error) {
    const { reportError } = await import('./report-error.ts')
    process.exitCode = reportError(error)
  }
}

void main()
