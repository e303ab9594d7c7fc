/**
 * Readable names of classes, each once: the first of its words (`tench` of `tench, Tinca tinca`); all of them where two classes share the
 * first (`maillot, tank suit`); with the id where they share all, as ImageNet's two cranes do (`crane (n02012849)`). A class without
 * words has its id.
 */
export function classNamesOf(wnids: readonly string[], words: ReadonlyMap<string, string> | undefined): string[] {
  const all = wnids.map((wnid) => words?.get(wnid) ?? wnid)
  const first = all.map((text) => text.split(',')[0]!.trim())
  const names = first.map(whereShared(first, (i) => all[i]!))
  return names.map(whereShared(names, (i) => `${names[i]} (${wnids[i]})`))
}

/** A function that replaces a name that occurs more than once. */
function whereShared(names: readonly string[], other: (i: number) => string) {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return (name: string, i: number): string => (counts.get(name)! > 1 ? other(i) : name)
}
