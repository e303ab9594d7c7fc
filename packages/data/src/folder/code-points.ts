/** Texts in the order of their code points, which is that of their UTF-8 bytes, sorted in place. */
export function sortByCodePoints(names: string[]): string[] {
  // Without surrogates, code units are code points, and the default order is the fast one.
  return names.some((name) => surrogate.test(name)) ? names.sort(byCodePoints) : names.sort()
}

const surrogate = /[\ud800-\udfff]/

/** Compares two texts by their code points: independent of the machine's language. */
export function byCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)]
    if (x !== y) return aboveSurrogates(x) - aboveSurrogates(y)
  }
  return a.length - b.length
}

/** Surrogates stand for code points above all others. */
const aboveSurrogates = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x10000 : unit)
