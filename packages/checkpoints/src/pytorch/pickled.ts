/** A name from a Python module, such as `collections.OrderedDict`: a class or a function. It is never looked up. */
export class PickledGlobal {
  constructor(readonly name: string) {}
}

/**
 * An object of an unknown class, or the result of an unknown function. It is not made; it holds what the pickle says
 * about it, so that tensors in it can be found.
 */
export class PickledObject {
  /** Usually a dict. */
  attributes: Pickled = null
  /** Its items as a subclass of dict. */
  items: Map<Pickled, Pickled> | undefined
  /** Its elements as a subclass of list or set. */
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

/**
 * A value of a pickle: tuples, lists and sets are arrays, dicts are Maps, None is null; the rest is one of the classes
 * above or of the caller's.
 */
export type Pickled = unknown
