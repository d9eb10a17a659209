import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** What `npm start`, `npm test` and the others need before they can do their work; safe to repeat, quick when nothing changed. */

export const root = dirname(dirname(fileURLToPath(import.meta.url)))

export function say(text) {
  process.stdout.write(`\u001b[1m»\u001b[0m ${text}\n`)
}

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', ...options })
  if (result.error) throw result.error
  if (result.status !== 0) {
    process.stderr.write(`\n${[command, ...args].join(' ')} ended with ${result.status ?? result.signal}.\n`)
    process.exit(result.status ?? 1)
  }
}

export function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > 20 || (major === 20 && minor >= 19)) return
  process.stderr.write(`Fulcrum needs Node 20.19 or newer; this is ${process.versions.node}.\n`)
  process.exit(1)
}

/** Installs exactly what package-lock.json names, unless that is what is there. */
export function install() {
  const lock = readFileSync(join(root, 'package-lock.json'))
  const wanted = createHash('sha256').update(lock).update(process.versions.modules).digest('hex')
  const stamp = join(root, 'node_modules', '.fulcrum-installed')
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const since = Date.now()
  say('Installing packages (once)')
  // Not `npm ci`: it refuses a lock file that names native packages for this platform only; `install` keeps to the lock and adds what another platform needs.
  run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'])
  writeFileSync(stamp, wanted)
  say(`Packages installed in ${seconds(since)}`)
}

/** Builds server, CLI and studio into dist/, unless the sources are those of the last build. */
export async function build({ force = false } = {}) {
  const wanted = hashOfSources()
  const stamp = join(root, 'dist', '.built')
  if (!force && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return
  const since = Date.now()
  say('Building server, command line and studio')
  run(process.execPath, [join(root, 'scripts', 'bundle.mjs')])
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, wanted)
  say(`Built in ${seconds(since)}`)
}

function hashOfSources() {
  const hash = createHash('sha256')
  for (const directory of ['packages', 'scripts']) {
    for (const path of sourceFiles(join(root, directory))) hash.update(path).update(readFileSync(path))
  }
  return hash.update(readFileSync(join(root, 'package-lock.json'))).digest('hex')
}

function* sourceFiles(directory) {
  for (const name of readdirSync(directory).sort()) {
    if (name === 'node_modules' || name === 'dist') continue
    const path = join(directory, name)
    if (statSync(path).isDirectory()) yield* sourceFiles(path)
    else if (!/\.test\.tsx?$/.test(name)) yield path
  }
}

export function seconds(since) {
  return `${((Date.now() - since) / 1000).toFixed(1)} s`
}
