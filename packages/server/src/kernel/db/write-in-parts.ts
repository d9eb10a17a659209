/** Rows of one statement: few enough to be put together at once, many enough that statements do not matter. */
const rowsOfPart = 1_000

/**
 * Writes many rows, a statement for each part of them: the server works on one part while the next is put together, and neither side
 * holds all of it as text.
 * @param textOf the rows as the statement takes them, such as JSON
 */
export async function writeInParts<Row>(
  rows: readonly Row[],
  textOf: (part: readonly Row[]) => string,
  write: (text: string) => Promise<unknown>,
): Promise<void> {
  let running: Promise<unknown> = Promise.resolve()
  for (let start = 0; start < rows.length; start += rowsOfPart) {
    const text = textOf(rows.slice(start, start + rowsOfPart))
    await running
    running = write(text)
    // Its trouble is met at the next `await`.
    running.catch(() => undefined)
    // Lets the statement leave before the next part is put together.
    await new Promise((resolve) => setImmediate(resolve))
  }
  await running
}
