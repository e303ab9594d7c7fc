import { sizeOf } from '@cascade-diffusion/arrays'
import type { StoredType } from '../arrays/elements.ts'
import { lastIndex } from '../arrays/strides.ts'
import { isShape, shorten } from '../json/json.ts'
import { type Pickled, PickledGlobal, PickledObject } from './pickled.ts'
import { type TorchType, tensorTypes, unknownTypeAdvice } from './pytorch-types.ts'

/** Numbers to which a pickle refers by a key. */
export class Storage {
  constructor(
    /** The class of storage, by its name in PyTorch. */
    readonly kind: string,
    readonly stored: TorchType | undefined,
    readonly key: string,
    /** Its length in elements. */
    readonly length: number,
    /** The beginning and length of the part that may be used, in files of PyTorch before 0.4. */
    readonly begin = 0,
    readonly count = length,
  ) {}
}

/** The place and type of the elements of a tensor. */
export interface StorageView {
  readonly type: StoredType
  readonly key: string
  readonly length: number
}

/** A tensor that a pickle describes: elements of a storage. */
export class PickledTensor {
  constructor(
    readonly storage: StorageView,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
    /** Whether its numbers are those of the storage with the other sign: the negative bit of PyTorch. */
    readonly negated: boolean,
  ) {}
}

/** A tensor, or an object made of tensors, that cannot be read, and why. */
export class UnreadableTensor {
  /** @param explain makes the text on request: a pickle can have many such tensors. */
  constructor(private readonly explain: string | (() => string)) {}

  get reason(): string {
    return typeof this.explain === 'string' ? this.explain : this.explain()
  }
}

type Made = PickledTensor | UnreadableTensor
type Maker = (args: readonly Pickled[], name: string) => Made

/** The meaning of PyTorch's functions that make tensors, by name. Unexpected arguments make the tensor unreadable. */
const makers: ReadonlyMap<string, Maker> = new Map<string, Maker>([
  ['torch._utils._rebuild_tensor', (args, name) => typedTensor(args, 4, name)],
  ['torch._utils._rebuild_tensor_v2', (args, name) => typedTensor(args, 7, name)],
  ['torch._utils._rebuild_tensor_v3', untypedTensor],
  ['torch._utils._rebuild_parameter', (args, name) => sameTensor(args, 3, name)],
  ['torch._utils._rebuild_parameter_with_state', (args, name) => sameTensor(args, 4, name)],
  ['torch._utils._rebuild_device_tensor_from_cpu_tensor', (args, name) => sameTensor(args, 4, name)],
  ['torch.nn.parameter.Parameter', (args, name) => sameTensor(args, 2, name)],
  ['torch.nn.parameter.Buffer', (args, name) => sameTensor(args, 2, name)],
  ...unreadable('a sparse tensor is not read: x.to_dense() gives one that is', [
    'torch._utils._rebuild_sparse_tensor',
    'torch._utils._rebuild_sparse_csr_tensor',
  ]),
  ...unreadable('a nested tensor is not read: x.unbind() gives its parts to save', [
    'torch._utils._rebuild_nested_tensor',
    'torch.nested._internal.nested_tensor._rebuild_njt',
  ]),
  ...unreadable('a quantised tensor is not read: x.dequantize() gives plain numbers to save', [
    'torch._utils._rebuild_qtensor',
  ]),
  ...unreadable('a tensor on the device meta has no numbers: load the weights before saving the model', [
    'torch._utils._rebuild_meta_tensor_no_storage',
  ]),
  ...unreadable('a parameter of a lazy module has no numbers yet: run the module once before saving it', [
    'torch.nn.parameter.UninitializedParameter',
    'torch.nn.parameter.UninitializedBuffer',
  ]),
  ...unreadable('a tensor whose numbers are an array of NumPy is not read: x.cpu() gives one that is', [
    'torch._utils._rebuild_device_tensor_from_numpy',
    'torch._utils._rebuild_xla_tensor',
  ]),
])

function unreadable(reason: string, names: readonly string[]) {
  return names.map((name) => [name, () => new UnreadableTensor(reason)] as const)
}

/** Classes that are plain tensors. */
const plainClasses = ['torch.Tensor', 'torch.nn.parameter.Parameter', 'torch.nn.parameter.Buffer']
const rebuildOfClass = ['torch._tensor._rebuild_from_type', 'torch._tensor._rebuild_from_type_v2']
const wrapper = 'torch._utils._rebuild_wrapper_subclass'

/** The arguments of an unknown function that are inspected: a pickle can repeat a long list of them. */
const lookedAt = 8

/** The meaning of a call, if it makes a tensor or may make something of one. */
export function tensorOf(name: string, args: readonly Pickled[]): Made | undefined {
  const make = makers.get(name)
  if (make) return make(args, name)
  if (rebuildOfClass.includes(name)) return classTensor(args)
  if (name === wrapper) return ofClass(args[0])
  const first = args.slice(0, lookedAt)
  return first.some((arg) => [PickledTensor, UnreadableTensor, Storage].some((type) => arg instanceof type))
    ? new UnreadableTensor(() => `made by ${name} of tensors, and nothing is executed: save plain tensors`)
    : undefined
}

const ofClass = (type: Pickled) =>
  new UnreadableTensor(
    () =>
      `a tensor of the class ${type instanceof PickledGlobal ? type.name : 'of another file'}, whose numbers only that class can interpret: save a plain torch.Tensor`,
  )

/**
 * A tensor of a class, or with attributes: the function that makes it, its class, the arguments of the function, its
 * attributes.
 */
function classTensor([make, type, args]: readonly Pickled[]): Made {
  const made =
    make instanceof PickledGlobal && Array.isArray(args) ? makers.get(make.name)?.(args, make.name) : undefined
  if (made instanceof PickledTensor && type instanceof PickledGlobal && plainClasses.includes(type.name)) return made
  return made instanceof UnreadableTensor ? made : ofClass(type)
}

/** A tensor such as that of a parameter; the other arguments do not matter. */
function sameTensor(args: readonly Pickled[], most: number, name: string): Made {
  const [tensor] = args
  if (args.length > most) return unknownArgument(name, `${args.length} arguments in place of ${most}`)
  if (tensor instanceof PickledTensor || tensor instanceof UnreadableTensor) return tensor
  return new UnreadableTensor(() => `expected a tensor to make a parameter of, got ${describe(tensor)}`)
}

const unknownArgument = (name: string, what: string) =>
  new UnreadableTensor(() => `made by ${name} with ${what}, which is not known here: save x.clone()`)

/** Storage, offset, size, stride; then requires_grad, hooks, properties. */
function typedTensor(args: readonly Pickled[], most: number, name: string): Made {
  const [storage, offset, shape, strides, , , properties] = args
  if (args.length > most) return unknownArgument(name, `${args.length} arguments in place of ${most}`)
  if (!(storage instanceof Storage)) return notDescribed([storage, offset, shape, strides])
  return viewOf(storage, storage.kind, storage.stored, storage.length, [offset, shape, strides], properties, name)
}

/** As {@link typedTensor}, for types newer than typed storages: the arguments say how to read the bytes. */
function untypedTensor(args: readonly Pickled[], name: string): Made {
  const [storage, offset, shape, strides, , , dtype, properties] = args
  if (args.length > 8) return unknownArgument(name, `${args.length} arguments in place of 8`)
  if (!(storage instanceof Storage && dtype instanceof PickledGlobal))
    return notDescribed([storage, offset, shape, strides, dtype])
  const known = tensorTypes.get(dtype.name)
  const length = Math.floor((storage.length * (storage.stored?.bytes ?? 0)) / (known?.bytes ?? 1))
  return viewOf(storage, dtype.name, known, length, [offset, shape, strides], properties, name)
}

function viewOf(
  { key, begin, count }: Storage,
  kind: string,
  stored: TorchType | undefined,
  length: number,
  [offset, shape, strides]: readonly Pickled[],
  properties: Pickled,
  name: string,
): Made {
  if (!(isCount(offset) && isShape(shape) && isShape(strides)))
    return notDescribed([`a storage of ${length}`, offset, shape, strides])
  if (!stored?.type)
    return new UnreadableTensor(
      () => `numbers of ${shorten(kind)} are not read: ${stored?.advice ?? unknownTypeAdvice}`,
    )
  const size = sizeOf(shape)
  const start = begin + offset
  const last = lastIndex(shape, strides, start)
  if (!Number.isSafeInteger(size) || shape.length !== strides.length || !(last < Math.min(begin + count, length)))
    return new UnreadableTensor(
      () =>
        `expected a tensor inside its storage of ${length} elements, got size [${shape}] and stride [${strides}] at ${offset}`,
    )
  const negated = isNegated(properties, stored.type, name)
  if (negated instanceof UnreadableTensor) return negated
  return new PickledTensor({ type: stored.type, key, length }, start, shape, strides, negated)
}

/**
 * The properties of tensors that PyTorch writes: the negative bit and the conjugate bit, which changes no real number.
 */
function isNegated(properties: Pickled, type: StoredType, maker: string): boolean | UnreadableTensor {
  if (properties === null || properties === undefined) return false
  if (!(properties instanceof Map))
    return unknownArgument(maker, `properties that are not a dict but ${describe(properties)}`)
  for (const [name, value] of properties)
    if ((name !== 'neg' && name !== 'conj') || typeof value !== 'boolean')
      return unknownArgument(maker, `the property ${typeof name === 'string' ? `'${shorten(name)}'` : describe(name)}`)
  const negated = properties.get('neg') === true
  if (negated && !/float/.test(type))
    return new UnreadableTensor(
      () => `${type} with PyTorch's negative bit is not read: x.resolve_neg() gives a tensor to save`,
    )
  return negated
}

const notDescribed = (parts: readonly Pickled[]) =>
  new UnreadableTensor(() => `expected a tensor's storage, offset, size and stride, got ${parts.map(describe)}`)

const isCount = (value: Pickled): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** A value in a word or two. */
export const describe = (value: Pickled): string =>
  value instanceof PickledGlobal
    ? value.name
    : value instanceof PickledObject
      ? `an object of ${value.kind}`
      : Array.isArray(value)
        ? `a tuple of ${value.length}`
        : value === null
          ? 'None'
          : typeof value
