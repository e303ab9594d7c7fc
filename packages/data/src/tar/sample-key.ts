/** The two parts of a name: that of the sample, and what the entry is in it. */
export interface SampleName {
  /** The folders, and the base name up to its first dot. */
  readonly key: string
  /** What follows the dot, in lower case. */
  readonly extension: string
}

/**
 * What `webdataset` makes of a name: `a.b/c.d.JPG` is `d.jpg` of the sample `a.b/c`. Undefined for what belongs to no sample: base names
 * without a dot, hidden ones (the `._` files of macOS would cut samples in two), and names like `__meta__` at the top.
 */
export function sampleNameOf(name: string): SampleName | undefined {
  if (/^__[^/]*__(?:$|\/)/.test(name)) return undefined
  const base = name.lastIndexOf('/') + 1
  const dot = name.indexOf('.', base)
  if (dot <= base) return undefined
  return { key: name.slice(0, dot), extension: name.slice(dot + 1).toLowerCase() }
}
