import '@tensorflow/tfjs-backend-cpu'
import { eager } from '@cascade-diffusion/ops'
import { rng } from '@cascade-diffusion/random'
import { expect, test } from 'vitest'
import { classifier } from './classifier.ts'
import { classifierExtractor } from './classifier-extractor.ts'
import { extractor } from './extractor.ts'

const config = { resolution: 16, imageChannels: 1, numClasses: 3, width: 8, featureSize: 8 }
const network = classifier(config)
const params = network.init(rng(0))

test('gives the features and the logits of the classifier', async () => {
  const extractor = classifierExtractor({ config, params, compile: eager })
  expect(extractor).toMatchObject({
    dimension: 8,
    classes: 3,
    convention: { size: [16, 16], channels: 1, range: [-1, 1], resize: 'none' },
  })
  const x = rng(1).normal([2, 16, 16, 1])
  const { features, logits } = await extractor.extract(x)
  expect(features).toEqual(await eager(network.features)(params, x))
  expect(logits).toEqual(await eager(network.logits)(params, x))
  await extractor.dispose()
})

test('weights of another classifier, and unknown options, are refused', async () => {
  const { 'logits.weight': _, ...incomplete } = params
  expect(() => classifierExtractor({ config, params: incomplete, compile: eager })).toThrow(
    "closeOver: expected the weight 'logits.weight' of shape [8,3], got none",
  )
  const wide = classifier({ ...config, width: 16 }).init(rng(0))
  expect(() => classifierExtractor({ config, params: wide, compile: eager })).toThrow(
    "expected the weight 'stem.weight' of shape [3,3,1,8], got [3,3,1,16]",
  )
  expect(() => classifierExtractor({ config, weights: params, compile: eager } as never)).toThrow(
    "classifierExtractor: unknown option 'weights'",
  )
})

test('an extractor without its function or engine is refused', () => {
  expect(() => extractor({} as never)).toThrow(
    'extractor: expected run, a function ((images) => ({ features, logits }))',
  )
  expect(() => extractor({ run: () => {} } as never)).toThrow('extractor: expected compile, a function (jit of')
})
