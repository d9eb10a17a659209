import { chmodSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { root, run } from './setup.mjs'

/** Bundles our own packages; npm packages stay where npm put them. */
const packages = ['contract', 'sdk', 'cli', 'server', 'studio']
const dependencies = new Set(
  packages.flatMap((name) =>
    Object.keys(JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).dependencies ?? {}),
  ),
)
const external = [...dependencies].filter((name) => !name.startsWith('@fulcrum/')).flatMap((name) => [name, `${name}/*`])
const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external,
  sourcemap: true,
  legalComments: 'none',
  logLevel: 'warning',
}

rmSync(join(root, 'dist'), { recursive: true, force: true })
await build({
  ...common,
  entryPoints: [join(root, 'packages/server/src/main.ts')],
  outdir: join(root, 'dist/server'),
  splitting: true,
})
await build({
  ...common,
  entryPoints: { fulcrum: join(root, 'packages/cli/src/main.ts'), az: join(root, 'packages/cli/src/az/main.ts') },
  outdir: join(root, 'dist/cli'),
  splitting: true,
  minify: true,
})
for (const name of ['fulcrum', 'az']) chmodSync(join(root, `dist/cli/${name}.js`), 0o755)
run(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', '--logLevel', 'warn'], {
  cwd: join(root, 'packages/studio'),
})
