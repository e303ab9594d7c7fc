import { expect, test } from 'vitest'
import { encoder } from '../encoder/encoder.ts'
import { unet } from '../unet.ts'
import { migrateNetwork } from './migrate.ts'

const size = { resolution: 8, imageChannels: 1, baseChannels: 8, channelMultipliers: [1, 2], residualBlocks: 1 }

test.each([{ kind: 'noise-level' }, { kind: 'timestep', frequencyShift: 1 }])(
  'a network of an old checkpoint, recognised by %j',
  ({ kind: name, ...rest }) => {
    const noiseEmbedding = { name, ...rest } as { readonly name: 'noise-level' }
    const old = { ...size, noiseEmbedding: { kind: name, ...rest } as never }
    expect(migrateNetwork(old)).toEqual({ ...size, noiseEmbedding })
    expect(unet(migrateNetwork(old)).config).toEqual(unet({ ...size, noiseEmbedding }).config)
    const classes = { ...old, classes: 3 }
    expect(encoder(migrateNetwork(classes)).config.noiseEmbedding).toEqual(noiseEmbedding)
    expect(() => unet(old)).toThrow(
      "unet: expected noiseEmbedding, a noise embedding by its name, one of 'timestep', 'noise-level'; got undefined",
    )
  },
)

test.each([undefined, null, 3, size, { noiseEmbedding: { name: 'timestep' } }, { name: 'custom' }])(
  '%j stays as it is',
  (config) => {
    expect(migrateNetwork(config)).toBe(config)
  },
)
