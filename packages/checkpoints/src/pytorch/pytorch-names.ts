import { CascadeError } from '@cascade-diffusion/checks'
import { shorten } from '../json/json.ts'
import { type Pickled, PickledBytes, PickledGlobal, PickledObject } from './pickled.ts'
import { PickledTensor, UnreadableTensor } from './pytorch-tensor.ts'

/** The most members of repeated containers. */
const maxRepeats = 1_000_000
const maxDepth = 1000
const maxUnreadable = 100_000
/** The longest name of a tensor. */
const maxName = 1000

/** The tensors of a pickle by name, and why others cannot be read. */
export interface NamedTensors {
  readonly tensors: ReadonlyMap<string, PickledTensor>
  readonly unreadable: ReadonlyMap<string, string>
  /** Some of the unknown classes and functions. */
  readonly kinds: ReadonlySet<string>
}

const keptKinds = 3

/**
 * The tensors in nested containers, by dotted path. The attributes and members of unknown objects are visited once; a
 * module has the names of its state dict. A container within itself is not visited again.
 * @throws if containers of tensors are repeated more often than in any legitimate file.
 */
export function tensorsOf(root: Pickled): NamedTensors {
  const tensors = new Map<string, PickledTensor>()
  const unreadable = new Map<string, string>()
  const kinds = new Set<string>()
  /** Whether a visited container has tensors; undefined while it is being visited. */
  const entered = new Map<object, boolean | undefined>()
  let repeats = 0

  const refuse = (name: string, reason: string) => {
    if (unreadable.size === maxUnreadable)
      throw new CascadeError('checkpoint', `expected at most ${maxUnreadable} tensors that cannot be read`)
    tensors.delete(name)
    unreadable.set(name, reason)
    return true
  }
  const found = (name: string, tensor: PickledTensor | UnreadableTensor) => {
    if (name.length > maxName) return refuse(shorten(name), `its name is longer than ${maxName} characters`)
    if (tensors.has(name) || unreadable.has(name)) return refuse(name, 'two tensors have this name')
    if (tensor instanceof UnreadableTensor) return refuse(name, tensor.reason)
    tensors.set(name, tensor)
    return true
  }
  const visit = (node: Pickled, path: string, depth: number): boolean => {
    if (node instanceof PickledTensor || node instanceof UnreadableTensor) return found(path, node)
    if (!(node instanceof PickledObject || node instanceof Map || Array.isArray(node))) return false
    const again = entered.has(node)
    if (again && !(entered.get(node) && (!(node instanceof PickledObject) || isModule(node)))) return false
    if (node instanceof PickledObject && kinds.size < keptKinds) kinds.add(node.kind)
    if (again) repeats += 1 + sizeOf(node)
    if (repeats > maxRepeats)
      throw new CascadeError('checkpoint', `expected at most ${maxRepeats} values that are repeated, got more`)
    if (depth > maxDepth) return refuse(shorten(path), `it is nested more than ${maxDepth} deep`)
    entered.set(node, undefined)
    let any = false
    for (const [key, child] of membersOf(node)) any = visit(child, joined(path, key), depth + 1) || any
    entered.set(node, any)
    return any
  }
  visit(root, '', 0)
  return { tensors, unreadable, kinds }
}

/** Only as long as is needed to see that it is too long. */
const joined = (path: string, key: string): string =>
  path.length > maxName ? path : path === '' ? key.slice(0, maxName + 1) : `${path}.${key.slice(0, maxName)}`

const sizeOf = (node: Pickled): number => (node instanceof Map ? node.size : Array.isArray(node) ? node.length : 0)

function* membersOf(node: Pickled): Generator<readonly [string, Pickled]> {
  if (Array.isArray(node)) for (const [i, child] of node.entries()) yield [`${i}`, child]
  else if (node instanceof Map) {
    let i = 0
    for (const [key, child] of node) yield [keyName(key, i++), child]
  } else if (node instanceof PickledObject) {
    if (isModule(node)) yield* moduleMembers(node.attributes as ReadonlyMap<Pickled, Pickled>)
    else {
      yield* attributesOf(node.attributes)
      if (node.items) yield* membersOf(node.items)
      if (node.elements) yield* membersOf(node.elements)
    }
  }
}

/** Attributes are a dict, a pair of a dict and slots, or something else of the class. */
function* attributesOf(attributes: Pickled): Generator<readonly [string, Pickled]> {
  const isPair = Array.isArray(attributes) && attributes.length === 2
  if (isPair && attributes.every((part) => part === null || part instanceof Map))
    for (const part of attributes) yield* membersOf(part)
  else if (attributes instanceof Map || Array.isArray(attributes)) yield* membersOf(attributes)
  else yield ['state', attributes]
}

/** The state dict of a `torch.nn.Module`: parameters, persistent buffers, and other modules. */
function* moduleMembers(parts: ReadonlyMap<Pickled, Pickled>): Generator<readonly [string, Pickled]> {
  const [parameters, buffers, modules] = ['_parameters', '_buffers', '_modules'].map((key) => parts.get(key))
  const dropped = namesIn(parts.get('_non_persistent_buffers_set'))
  yield* membersOf(parameters)
  for (const [name, buffer] of membersOf(buffers)) if (!dropped.has(name)) yield [name, buffer]
  yield* membersOf(modules)
}

const isModule = ({ attributes }: PickledObject): boolean =>
  attributes instanceof Map &&
  ['_parameters', '_buffers', '_modules'].every((key) => attributes.get(key) instanceof Map)

const namesIn = (set: Pickled): ReadonlySet<Pickled> => new Set(Array.isArray(set) ? set : [])

/** Parts of a tuple in a name. */
const keptParts = 8

/** A key as Python prints it, or its place. */
function keyName(key: Pickled, place: number): string {
  if (typeof key === 'string') return key
  if (key instanceof PickledBytes) return `b'${key.text}'`
  if (key instanceof PickledGlobal) return key.name
  if (Array.isArray(key) && key.length <= keptParts && key.every(isPlain)) return `(${key.map(plainName).join(', ')})`
  return isPlain(key) ? plainName(key) : `?${place}`
}

const isPlain = (key: Pickled) => key === null || ['string', 'number', 'boolean'].includes(typeof key)
const plainName = (key: Pickled): string =>
  typeof key === 'string'
    ? shorten(key)
    : key === null
      ? 'None'
      : key === true
        ? 'True'
        : key === false
          ? 'False'
          : `${key}`
