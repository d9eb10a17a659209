import type { Call } from '../commands/command.ts'

/** `--web`: the address of the page, on the error stream so that the printed result stays readable. Never blocks. */
export async function tellWeb(call: Call, id: string): Promise<void> {
  if (!call.values.flag('web')) return
  const { apiUrl } = await call.place()
  process.stderr.write(`${apiUrl}/studio${id}\n`)
}
