import { CascadeError } from '@cascade-diffusion/checks'
/** Leaves in nested lists and records. `undefined` is an empty branch. */
export type Tree<L> = L | undefined | readonly Tree<L>[] | { readonly [key: string]: Tree<L> }

/** A tree without its leaves. */
export interface TreeShape {
  /** The path of each leaf, in order: keys and indices joined by dots; `''` if the tree is a leaf itself. */
  readonly paths: readonly string[]
  /** Puts leaves, in the order of `paths`, into a tree of this shape. */
  rebuild<M>(leaves: readonly M[]): Tree<M>
}

/**
 * The leaves of a tree, and its shape. Records are read in the order of their sorted keys, so that equal trees give
 * equal orders.
 * @param isLeaf says which objects are leaves.
 */
export function flatten<L>(tree: Tree<L>, isLeaf: (x: unknown) => x is L): { leaves: L[]; shape: TreeShape } {
  const leaves: L[] = []
  const paths: string[] = []
  const visit = (node: Tree<L>, path: string): Skeleton => {
    if (isLeaf(node)) {
      paths.push(path)
      return leaves.push(node) - 1
    }
    if (node === undefined || node === null) return undefined
    if (typeof node !== 'object')
      throw new CascadeError('input', `tree: expected an array, a list or a record at '${path}', got ${typeof node}`)
    const at = (key: string | number) => (path === '' ? `${key}` : `${path}.${key}`)
    if (Array.isArray(node)) return node.map((child, i) => visit(child, at(i)))
    const record = node as { readonly [key: string]: Tree<L> }
    return Object.fromEntries(
      Object.keys(record)
        .sort()
        .map((key) => [key, visit(record[key], at(key))]),
    )
  }
  const skeleton = visit(tree, '')
  return { leaves, shape: { paths, rebuild: (values) => fill(skeleton, values) } }
}

type Skeleton = number | undefined | Skeleton[] | { [key: string]: Skeleton }

function fill<M>(skeleton: Skeleton, leaves: readonly M[]): Tree<M> {
  if (typeof skeleton === 'number') return leaves[skeleton] as M
  if (skeleton === undefined) return undefined
  if (Array.isArray(skeleton)) return skeleton.map((child) => fill(child, leaves))
  return Object.fromEntries(Object.entries(skeleton).map(([key, child]) => [key, fill(child, leaves)]))
}
