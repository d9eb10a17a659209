import { bigSubmission, engineOnly } from './engine-only.ts'

const parts: Record<string, () => Promise<void>> = { engine: engineOnly, submit: bigSubmission }
const wanted = process.argv.slice(2)
for (const [name, run] of Object.entries(parts)) if (wanted.length === 0 || wanted.includes(name)) await run()
