#!/usr/bin/env node
import { run } from './run.ts'

/** `az`. The tables of commands and the argument parser are loaded at start; what a command does, when it runs. */
void run(process.argv.slice(2)).then((code) => {
  process.exitCode = code
})
