import type { Lowering, Physical } from '../../lower/lowering.ts'
import { cutOff, padOuter, trim, type Windows } from './windows.ts'

// The images and volumes here have the axes along which windows move outermost: [...input, N, C].

const settings = (w: Windows, group: number) => ({
  kernel_shape: w.size,
  strides: w.strides,
  dilations: w.dilations,
  pads: [...w.before, ...w.after],
  group,
})

/** [...axes, N, C] as [N, C, ...axes]. */
const forward = (l: Lowering, x: Physical, w: Windows) => {
  const rank = w.size.length
  return l.transpose(x, [rank, rank + 1, ...w.size.map((_, i) => i)])
}

const back = (l: Lowering, x: Physical, w: Windows) => l.transpose(x, [...w.size.map((_, i) => i + 2), 0, 1])

/** ONNX's convolution with weights [K, C/group, ...size]: [...output, N, K]. */
export function convolve(l: Lowering, x: Physical, weights: Physical, w: Windows, group = 1): Physical {
  const { windows, before, after } = trim(w)
  const shape = [x.shape[w.size.length] as number, weights.shape[0] as number, ...w.output]
  const operands = [forward(l, cutOff(l, x, before, after), w), weights]
  return back(l, l.op('Conv', operands, shape, settings(windows, group)), w)
}

/** Its gradient for the input: [...input, N, C]. */
export function convolveBack(l: Lowering, dy: Physical, weights: Physical, w: Windows, group = 1): Physical {
  const { windows, before, after } = trim(w)
  const shape = [dy.shape[w.size.length] as number, (weights.shape[1] as number) * group, ...windows.input]
  const operands = [forward(l, dy, w), weights]
  const dx = l.op('ConvTranspose', operands, shape, { ...settings(windows, group), output_padding: missing(windows) })
  return padOuter(l, back(l, dx, w), before, after)
}

/** The number of rows and columns at the end that no window reaches. */
const missing = ({ input, output, size, strides, dilations, before, after }: Windows) =>
  input.map((n, i) => {
    const reach =
      ((output[i] as number) - 1) * (strides[i] as number) + ((size[i] as number) - 1) * (dilations[i] as number)
    return n + (before[i] as number) + (after[i] as number) - reach - 1
  })
