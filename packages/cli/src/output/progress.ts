const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']

/** One line per phase with its elapsed time: a spinner on a terminal, a line at its start and end elsewhere. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #timer: NodeJS.Timeout | undefined
  #title = ''
  #detail = ''
  #startedAt = 0

  constructor(stream: NodeJS.WriteStream = process.stdout) {
    this.#stream = stream
  }

  start(title: string): void {
    this.#title = title
    this.#detail = ''
    this.#startedAt = Date.now()
    if (!this.#stream.isTTY) {
      this.#stream.write(`… ${title}\n`)
      return
    }
    let frame = 0
    this.#timer = setInterval(() => {
      frame += 1
      this.#draw(frames[frame % frames.length] ?? '')
    }, 100)
    this.#draw(frames[0] ?? '')
  }

  /** What is being done now, behind the title. Elsewhere than on a terminal each change is a line. */
  detail(text: string): void {
    if (text === this.#detail) return
    this.#detail = text
    if (!this.#stream.isTTY) this.#stream.write(`    ${text} (${this.elapsed()})\n`)
  }

  /** A line that stays above the running one. */
  note(text: string): void {
    this.#stream.write(`${this.#stream.isTTY ? '\r\u001b[2K' : ''}      ${text}\n`)
  }

  succeed(result = ''): void {
    this.#end('✔', result)
  }

  fail(result = ''): void {
    this.#end('✘', result)
  }

  elapsed(): string {
    return `${((Date.now() - this.#startedAt) / 1000).toFixed(1)} s`
  }

  #draw(mark: string): void {
    const line = `${mark} ${this.#title} (${this.elapsed()})${this.#detail === '' ? '' : `  ${this.#detail}`}`
    this.#stream.write(`\r\u001b[2K${line.slice(0, Math.max(20, (this.#stream.columns ?? 80) - 1))}`)
  }

  #end(mark: string, result: string): void {
    clearInterval(this.#timer)
    const line = `${mark} ${this.#title}${result === '' ? '' : `: ${result}`} (${this.elapsed()})\n`
    this.#stream.write(this.#stream.isTTY ? `\r\u001b[2K${line}` : line)
  }
}
