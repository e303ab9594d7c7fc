/**
 * The element names of a document. Throws unless it is well-formed: nested tags, unique quoted attributes, only XML's
 * own entities.
 */
export function checkXml(document: string): string[] {
  const names: string[] = []
  const open: string[] = []
  const tag = /^<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>/
  let rest = document.replace(/^<!DOCTYPE html>\s*/, '')
  while (rest.length > 0) {
    const text = /^[^<]*/.exec(rest)![0]
    const match = tag.exec(rest)
    const checked = match ? match[3]! : text
    if (!match && text === '') throw new Error(`not a tag: ${rest.slice(0, 60)}`)
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(checked)) throw new Error(`bare ampersand: ${checked}`)
    if (!match && open.length === 0 && text.trim() !== '') throw new Error(`text outside: ${text}`)
    if (match) {
      const [, closing, name, attributes, empty] = match
      const keys = Array.from(attributes!.matchAll(/([\w:-]+)="/g), (m) => m[1])
      if (new Set(keys).size < keys.length) throw new Error(`an attribute twice: ${match[0]}`)
      if (closing) {
        if (open.pop() !== name) throw new Error(`unexpected </${name}>`)
      } else {
        if (open.length === 0 && names.length > 0) throw new Error(`a second root: ${name}`)
        names.push(name!)
        if (!empty) open.push(name!)
      }
    }
    rest = rest.slice(match ? match[0].length : text.length)
  }
  if (open.length > 0) throw new Error(`not closed: ${open}`)
  return names
}
