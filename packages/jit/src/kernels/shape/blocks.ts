import { backend_util, util } from '@tensorflow/tfjs-core'
import type { Value } from '../../graph/graph.ts'
import { composer } from '../compose.ts'
import type { Kernels } from '../kernel.ts'
import { padKernels } from './pad.ts'
import { reshapeKernels } from './reshape.ts'
import { sliceKernels } from './slice.ts'

const composed = composer({ ...reshapeKernels, ...sliceKernels, ...padKernels })

type Sides = [number, number][]

/** Kernels that move blocks of pixels to other axes, recorded as reshapes and transposes, and the mirror image. */
export const blockKernels: Kernels = {
  SpaceToBatchND: composed(['x'], (run, operand, given) => {
    const x = operand('x') as Value
    const block = given.blockShape as number[]
    const size = util.sizeFromShape(block)
    const rest = x.shape.slice(1 + block.length).map((): [number, number] => [0, 0])
    const padded = run('PadV2', [x], { paddings: [[0, 0], ...(given.paddings as Sides), ...rest], constantValue: 0 })
    const shape = [...padded.shape]
    const split = backend_util.getReshaped(shape, block, size, false)
    const perm = backend_util.getPermuted(split.length, block.length, false)
    const joined = backend_util.getReshapedPermuted(shape, block, size, false)
    return run('Reshape', [run('Transpose', [run('Reshape', [padded], { shape: split })], { perm })], { shape: joined })
  }),
  BatchToSpaceND: composed(['x'], (run, operand, given) => {
    const x = operand('x') as Value
    const block = given.blockShape as number[]
    const crops = given.crops as Sides
    const size = util.sizeFromShape(block)
    const split = backend_util.getReshaped([...x.shape], block, size)
    const perm = backend_util.getPermuted(split.length, block.length)
    const joined = backend_util.getReshapedPermuted([...x.shape], block, size)
    const whole = run('Reshape', [run('Transpose', [run('Reshape', [x], { shape: split })], { perm })], {
      shape: joined,
    })
    return run('Slice', [whole], {
      begin: backend_util.getSliceBeginCoords(crops, block.length),
      size: backend_util.getSliceSize(joined, crops, block.length),
    })
  }),
  /** Channels (row, column, rest) become the pixels of a block. */
  DepthToSpace: composed(['x'], (run, operand, given) => {
    const x = operand('x') as Value
    const b = given.blockSize as number
    const last = given.dataFormat !== 'NCHW'
    const [n, height, width, channels] = (last ? x.shape : [0, 2, 3, 1].map((i) => x.shape[i])) as number[]
    const [h, w, c] = [height as number, width as number, (channels as number) / (b * b)] as const
    const split = last ? [n, h, w, b, b, c] : [n, b, b, c, h, w]
    const perm = last ? [0, 1, 3, 2, 4, 5] : [0, 3, 4, 1, 5, 2]
    const joined = last ? [n, h * b, w * b, c] : [n, c, h * b, w * b]
    return run('Reshape', [run('Transpose', [run('Reshape', [x], { shape: split })], { perm })], { shape: joined })
  }),
  FlipLeftRight: composed(['image'], (run, operand) => run('Reverse', [operand('image') as Value], { dims: [2] })),
}
