/** A name from a Python module, such as `collections.OrderedDict`: a class or a function, which is never looked up. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

/**
 * An object of a class that means nothing here, or what a function would have made. It is not made: it is what the pickle says
 * of it, so that tensors in it can be found.
 */
export class PickledObject {
  /** Usually a dict. */
  attributes: Pickled = null
  /** What it holds as a dict of its own kind. */
  items: Map<Pickled, Pickled> | undefined
  /** What it holds as a list or a set of its own kind. */
  elements: Pickled[] | undefined

  constructor(
    /** The class or function. */
    readonly kind: string,
  ) {}
}

/** Bytes, of which only the first are kept. */
export class PickledBytes {
  constructor(readonly text: string) {}
}

/** What a pickle becomes: tuples, lists and sets are arrays, dicts are Maps, None is null; the rest is one of the classes above or the caller's. */
export type Pickled = unknown
