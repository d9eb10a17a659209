#!/usr/bin/env node
import { existsSync } from 'node:fs'

/** What npm puts on the path as `fulcrum`: the bundle, which exists once the clone is built. */
const bundle = new URL('../../../dist/cli/fulcrum.js', import.meta.url)
if (existsSync(bundle)) await import(bundle.href)
else {
  process.stderr.write("fulcrum: this clone is not built yet. Run 'npm start' or 'npm run build' first.\n")
  process.exitCode = 1
}
