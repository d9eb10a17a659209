import { bigSubmission, engineOnly } from './engine-only.ts'
import { peers, realProcesses } from './real-processes.ts'

/** `npm run bench:engine -- engine submit processes peers`; without names all of them. See README.md. */
const parts: Record<string, () => Promise<void>> = { engine: engineOnly, submit: bigSubmission, processes: realProcesses, peers }
const wanted = process.argv.slice(2)
for (const [name, run] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await run()
