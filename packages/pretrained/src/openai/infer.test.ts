import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { inferOpenAI, type Shapes } from './infer.ts'

interface Case {
  source: string
  class?: string
  config: Record<string, unknown>
  weights?: Shapes
  shapes?: Shapes
}

/** A network of PyTorch: what it was made with, and the shapes of its weights. */
const reference = (path: string): Case =>
  JSON.parse(readFileSync(new URL(`../../../unet/src/fixtures/${path}`, import.meta.url), 'utf8'))

/** What the arguments of the original constructor mean. */
function expected({ source, class: name, config }: Case) {
  const mult = config.channel_mult as number[]
  const factors = config.attention_resolutions as number[]
  const isClassifier = source.endsWith('EncoderUNetModel')
  const resampling = config.resblock_updown ? 'residual' : config.conv_resample === false ? 'pool' : 'conv'
  return {
    kind: isClassifier ? 'classifier' : 'unet',
    baseChannels: config.model_channels,
    inChannels: 3 * (name === 'SuperResModel' ? 2 : 1),
    outChannels: config.out_channels ?? 10,
    channelMultipliers: mult,
    residualBlocks: config.num_res_blocks ?? 1,
    attentionLevels: mult.flatMap((_, level) => (factors.includes(2 ** level) ? [level] : [])),
    numClasses: config.num_classes,
    scaleShiftNorm: config.use_scale_shift_norm ?? false,
    resampling,
    ...(isClassifier && { pool: config.pool ?? 'adaptive' }),
  }
}

test.each(['guided-three-levels/case.json', 'guided-pooled/case.json', 'guided-superres/case.json'])(
  '%s: the architecture follows from the shapes',
  (path) => {
    const given = reference(path)
    expect(inferOpenAI('x.pt', given.weights!)).toEqual(expected(given))
  },
)

test.each(['attention', 'adaptive', 'spatial', 'spatial_v2'])('a classifier with the pool %s', (pool) => {
  const given = reference(`guided-classifiers/${pool}.json`)
  const { lowestSize, ...found } = inferOpenAI('x.pt', given.shapes!)
  expect(found).toEqual(expected(given))
  const levels = (given.config.channel_mult as number[]).length
  if (pool === 'attention') expect(lowestSize).toBe(8 / 2 ** (levels - 1))
})

/** Shapes of a classifier's way down, of which nothing but channels and attention matter. */
function wayDown(mult: readonly number[], residualBlocks: number, attention: readonly number[]): Shapes {
  const shapes: Record<string, number[]> = {
    'time_embed.0.weight': [256, 64],
    'input_blocks.0.0.weight': [64, 3, 3, 3],
  }
  let [index, channels] = [1, 64]
  for (const [level, factor] of mult.entries()) {
    for (let i = 0; i <= residualBlocks; i++) {
      if (i === residualBlocks && level === mult.length - 1) break
      const isDown = i === residualBlocks
      const to = isDown ? channels : 64 * factor
      shapes[`input_blocks.${index}.0.out_layers.3.weight`] = [to, to, 3, 3]
      shapes[`input_blocks.${index}.0.emb_layers.1.weight`] = [2 * to, 256]
      if (to !== channels) shapes[`input_blocks.${index}.0.skip_connection.weight`] = [to, channels, 1, 1]
      if (!isDown && attention.includes(level)) shapes[`input_blocks.${index}.1.qkv.weight`] = [3 * to, to, 1]
      channels = to
      index++
    }
  }
  return { ...shapes, 'out.3.weight': [10, channels, 1, 1] }
}

test.each([
  [[1, 2, 3, 4], 4, [1, 2, 3]],
  [[1, 1, 2, 3, 4], 2, [2, 3, 4]],
  [[1, 1, 2, 2, 4, 4], 2, [3, 4, 5]],
  [[0.5, 1, 1, 2, 2, 4, 4], 2, [4, 5, 6]],
] as [number[], number, number[]][])(
  'the published classifiers %j with residual resampling',
  (mult, blocks, attention) => {
    expect(inferOpenAI('x.pt', wayDown(mult, blocks, attention))).toMatchObject({
      channelMultipliers: mult,
      residualBlocks: blocks,
      attentionLevels: attention,
    })
  },
)

test('ambiguous weights, and other networks, are errors', () => {
  // Six blocks of the same width without attention: 3 levels of one block, or 2 of two.
  expect(() => inferOpenAI('x.pt', wayDown([1, 1, 1], 1, []))).toThrow(
    'x.pt: the weights leave the number of levels open (3 or 2): set the flag numResBlocks',
  )
  expect(inferOpenAI('x.pt', wayDown([1, 1, 1], 1, []), 1).channelMultipliers).toEqual([1, 1, 1])
  const { weights } = reference('guided-pooled/case.json')
  const { 'out.2.weight': _, ...rest } = weights!
  expect(() => inferOpenAI('x.pt', rest)).toThrow("but 'out.2.weight' is missing")
  const odd = { ...weights, 'output_blocks.4.0.in_layers.0.weight': [1] }
  expect(() => inferOpenAI('x.pt', odd)).toThrow('expected levels of 2 blocks each on the way up, got 5 blocks')
})
