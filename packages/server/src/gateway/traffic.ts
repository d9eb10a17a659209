/** Splits requests exactly: every 100 requests in a row are divided as configured, spread evenly over the hundred. Pure. */

/** 37 has no common divisor with 100, so multiples of it visit each of 0…99 once per hundred, well mixed. */
const stride = 37

export class TrafficSplit {
  readonly #slots: readonly (string | undefined)[]
  #next = 0

  /** @param percents integers by deployment name; what is missing to 100 goes to nobody */
  constructor(percents: Readonly<Record<string, number>>) {
    const slots: (string | undefined)[] = []
    for (const name of Object.keys(percents).toSorted()) {
      for (let count = 0; count < (percents[name] ?? 0) && slots.length < 100; count += 1) slots.push(name)
    }
    while (slots.length < 100) slots.push(undefined)
    this.#slots = slots
  }

  /** Who gets the next request. */
  pick(): string | undefined {
    const slot = (this.#next * stride) % 100
    this.#next = (this.#next + 1) % 100
    return this.#slots[slot]
  }
}
