import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { build, checkNode, install, root } from './setup.mjs'

/** `npm start`: sets up what is missing, then `fulcrum up`, which runs the guided tour on an empty data directory. */
checkNode()
install()
await build()
const child = spawn(process.execPath, [join(root, 'dist/cli/fulcrum.js'), 'up', ...process.argv.slice(2)], { stdio: 'inherit' })
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
