import { build, checkNode, install } from './setup.mjs'

checkNode()
install()
await build({ force: process.argv.includes('--force') })
