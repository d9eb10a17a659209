/** NumPy's legacy `seed(0)` standard normals (MT19937, polar method): the data behind the golden values. */
export function legacyNormals(count: number, seed = 0): number[] {
  const state = new Uint32Array(624)
  const at = (index: number): number => state[index] ?? 0
  state[0] = seed
  for (let index = 1; index < 624; index += 1) {
    const before = at(index - 1)
    const previous = before ^ (before >>> 30)
    state[index] = Math.imul(1812433253, previous) + index
  }
  let position = 624
  const next = (): number => {
    if (position === 624) {
      for (let index = 0; index < 624; index += 1) {
        const mixed = (at(index) & 0x80000000) | (at((index + 1) % 624) & 0x7fffffff)
        state[index] = at((index + 397) % 624) ^ (mixed >>> 1) ^ (mixed & 1 ? 0x9908b0df : 0)
      }
      position = 0
    }
    let word = at(position++)
    word ^= word >>> 11
    word ^= (word << 7) & 0x9d2c5680
    word ^= (word << 15) & 0xefc60000
    word ^= word >>> 18
    return word >>> 0
  }
  const uniform = (): number => ((next() >>> 5) * 67108864 + (next() >>> 6)) / 9007199254740992
  const normals: number[] = []
  while (normals.length < count) {
    const [first, second] = [2 * uniform() - 1, 2 * uniform() - 1]
    const radius = first * first + second * second
    if (radius >= 1 || radius === 0) continue
    const factor = Math.sqrt((-2 * Math.log(radius)) / radius)
    normals.push(factor * second, factor * first)
  }
  return normals.slice(0, count)
}
