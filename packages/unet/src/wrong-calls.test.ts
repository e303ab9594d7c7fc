import '@tensorflow/tfjs-backend-cpu'
import { float32, int32 } from '@cascade-diffusion/arrays'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import * as tf from '@tensorflow/tfjs-core'
import { expect, test } from 'vitest'
import * as library from './index.ts'

/** The package as JavaScript sees it. */
// biome-ignore lint/suspicious/noExplicitAny: calls that types would refuse
const js = library as any
const config = {
  resolution: 4,
  imageChannels: 1,
  baseChannels: 8,
  channelMultipliers: [1],
  residualBlocks: 1,
  normGroups: 4,
}
const net = library.unet(config)
const conditioned = library.unet({ ...config, numClasses: 2, lowRes: { channels: 1 } })
const params = net.init(rng(0))
const xt = rng(1).normal([1, 4, 4, 1])
const noise = float32([5])

test('a condition may be left out where the network takes none', async () => {
  const expected = await eager(net.apply)(params, xt, noise, {})
  expect(await eager(net.apply)(params, xt, noise)).toEqual(expected)
  expect(await eager(net.apply)(params, xt, noise, undefined)).toEqual(expected)
})

const tensors = Object.fromEntries(Object.entries(params).map(([name, a]) => [name, tf.tensor(a.data, [...a.shape])]))
const [x, t] = [tf.zeros([1, 4, 4, 1]), tf.tensor1d([5])]
const ofConditioned = conditioned.init(rng(0))

test.each([
  [
    'no condition',
    () => conditioned.apply(tensors, x as never, t),
    'expected condition.label, since the network has numClasses',
  ],
  [
    'no small images',
    () => eager(conditioned.apply)(ofConditioned, xt, noise, { label: int32([0]) }),
    'expected condition.lowRes, since',
  ],
  [
    'a misspelt condition',
    () => js.unet(config).apply(tensors, x, t, { lable: 1 }),
    "unknown option 'lable'. Did you mean 'label'?",
  ],
  [
    'a condition of text',
    () => js.unet(config).apply(tensors, x, t, 'cat'),
    "expected an object of options, got 'cat'",
  ],
  [
    'a label as a list',
    () => js.unet({ ...config, numClasses: 2 }).apply(tensors, x, t, { label: [1] }),
    'expected condition.label, a tensor, got an array of 1',
  ],
  ['no images', () => js.unet(config).apply(tensors), 'unet: expected xt, a tensor, got undefined'],
  [
    'host arrays as images',
    () => js.unet(config).apply(tensors, xt, t),
    'expected xt, a tensor, got a host array [1,4,4,1]; jit(network.apply)',
  ],
  [
    'bytes as images',
    () => js.unet(config).apply(tensors, tf.cast(x, 'int32'), t),
    'unet: expected xt of float32, got int32',
  ],
  [
    'images of another size',
    () => js.unet(config).apply(tensors, tf.zeros([1, 8, 8, 1]), t),
    'expected xt of shape [1,4,4,1], got [1,8,8,1]',
  ],
  ['no time', () => js.unet(config).apply(tensors, x), 'unet: expected noise, a tensor, got undefined'],
  ['a number as time', () => js.unet(config).apply(tensors, x, 5), 'unet: expected noise, a tensor, got 5'],
  ['a scalar as time', () => js.unet(config).apply(tensors, x, tf.scalar(5)), 'expected noise of shape [1], got []'],
  [
    'host arrays as weights',
    () => js.unet(config).apply(params, x, t),
    "expected parameter 'time.0.kernel', a tensor, got a host array [8,32]; closeOver(network, params)",
  ],
  ['no weights', () => js.unet(config).apply(undefined, x, t), 'unet: expected weights by name, got undefined'],
  [
    'a weight of another shape',
    () => js.unet(config).apply({ ...tensors, 'input.bias': t }, x, t),
    "expected parameter 'input.bias' of shape [8], got [1]",
  ],
  [
    'no configuration',
    () => js.unet(),
    'unet: expected an object with resolution, imageChannels, outChannels, patchSize, …, got undefined',
  ],
  [
    'a misspelt field',
    () => js.unet({ ...config, numClases: 3 }),
    "unet: unknown option 'numClases'. Did you mean 'numClasses'?",
  ],
  [
    'multipliers as text',
    () => js.unet({ ...config, channelMultipliers: '1,2' }),
    "unet: expected channelMultipliers, a list of at least 1 entry, got '1,2'",
  ],
  [
    'no multipliers',
    () => js.unet({ ...config, channelMultipliers: undefined }),
    'unet: expected channelMultipliers, a list of at least 1 entry, got undefined',
  ],
  [
    'a resolution as text',
    () => js.unet({ ...config, resolution: '4' }),
    "unet: expected resolution, an integer from 1, or [height, width], got '4'",
  ],
  [
    'a number of channels as text',
    () => js.unet({ ...config, baseChannels: '8' }),
    "unet: expected baseChannels, an even integer from 2, got '8'",
  ],
  [
    'attention as a number',
    () => js.unet({ ...config, attentionResolutions: 4 }),
    'expected attentionResolutions, a list, got 4',
  ],
  [
    'lowRes as true',
    () => js.unet({ ...config, lowRes: true }),
    'unet: expected lowRes, an object with channels, resize, got true',
  ],
  [
    'a dropout as text',
    () => js.unet({ ...config, dropout: '0.1' }),
    "unet: expected dropout, a rate from 0 to below 1, got '0.1'",
  ],
  ['no classes of an encoder', () => js.encoder(config), 'encoder: expected classes, an integer from 1, got undefined'],
  [
    'a misspelt field of an encoder',
    () => js.encoder({ ...config, classes: 2, numClasses: 2 }),
    "encoder: unknown option 'numClasses'",
  ],
  [
    'no configuration of an encoder',
    () => js.encoder(),
    'encoder: expected an object with resolution, imageChannels, baseChannels, channelMultipliers, …, got undefined',
  ],
  ['no seed', () => net.init(undefined as never), 'unet: expected a key of random numbers'],
  [
    'a number as seed',
    () => net.init(7 as never),
    'unet: expected a key of random numbers (rng(1) of @cascade-diffusion/random), got 7',
  ],
  [
    'no configuration to count',
    () => js.parameterCount(),
    'unet: expected an object with resolution, imageChannels, outChannels, patchSize, …, got undefined',
  ],
  [
    'no configuration to sum up',
    () => js.summary(),
    'expected an object with resolution, imageChannels, outChannels, patchSize, …, got undefined',
  ],
  [
    'an order of attention',
    () => js.fromGuidedDiffusion({}, config, { attentionOrder: 'newest' }),
    "fromGuidedDiffusion: expected attentionOrder, one of 'legacy', 'new'; got 'newest'",
  ],
  [
    'an order to write in',
    () => js.toGuidedDiffusion({}, config, { attentionOrder: 'newest' }),
    'toGuidedDiffusion: expected attentionOrder, one of',
  ],
  [
    'an order of a classifier',
    () => js.toGuidedClassifier({}, { ...config, classes: 2 }, { attentionOrder: 'newest' }),
    'toGuidedClassifier: expected attentionOrder',
  ],
  [
    'a misspelt order',
    () => js.fromGuidedDiffusion({}, config, { attentionorder: 'new' }),
    "Did you mean 'attentionOrder'?",
  ],
  [
    'no state dict',
    () => js.fromGuidedDiffusion(undefined, { ...config, baseChannels: 32, normGroups: 32 }),
    'fromGuidedDiffusion: expected arrays by name, got undefined',
  ],
  [
    'no weights to write',
    () => js.toImprovedDiffusion(undefined, { ...config, baseChannels: 32, normGroups: 32 }),
    'toImprovedDiffusion: expected arrays by name, got undefined',
  ],
  [
    'no flags',
    () => js.guidedDiffusionConfig(),
    'guidedDiffusionConfig: expected flags as a string or an object, got undefined',
  ],
  [
    'flags as a list',
    () => js.improvedDiffusionConfig(['--image_size', '64']),
    'improvedDiffusionConfig: expected flags as a string or an object, got an array of 2',
  ],
])('%s: the error says what was expected', async (_, call, message) => {
  await expect((async () => call())()).rejects.toThrow(message)
})
