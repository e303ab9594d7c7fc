// A folder of pictures of any kind and size to a cascade 16×16 → 64×64: main.ts [FOLDER] [STEPS]
import { mkdir, writeFile } from 'node:fs/promises'
import { baseStage, cascadeSampler, superResolutionStage, trainStage } from '@cascade-diffusion/cascade'
import { encodePng, imageFolder, imageGrid, randomFlip, resizeCrop, transformed } from '@cascade-diffusion/data'
import { jit } from '@cascade-diffusion/jit'
import { rng } from '@cascade-diffusion/random'
import { drawings } from './drawings.ts'

const [folder = await drawings('runs/drawings'), steps = '600'] = process.argv.slice(2)
const dataset = transformed(await imageFolder(folder), resizeCrop({ size: 64 }), randomFlip())

const schedule = { name: 'cosine', steps: 1000 } as const
const network = { baseChannels: 32, channelMultipliers: [1, 2, 2], residualBlocks: 1, normGroups: 8, patchSize: 2 }
const common = { imageChannels: 3, process: { schedule, prediction: 'v' }, network } as const
const augmentation = { name: 'gaussian-noise', schedule, maxLevel: 400 } as const // conditioning augmentation
const base = baseStage({ name: 'base', resolution: 16, ...common, network: { ...network, patchSize: 1 } })
const fine = superResolutionStage({ name: 'fine', resolution: 64, lowResolution: 16, augmentation, ...common })

const sampling = { sampler: { name: 'ddim', eta: 1 }, steps: { count: 25, from: 979, to: 19 } } as const
const progress = ({ step, loss }: { step: number; loss: number }) => step % 50 === 0 && console.log(step, loss)
const run = { dataset, steps: Number(steps), batchSize: 8, learningRate: 2e-3, seed: 0, compile: jit, progress }
const stages = []
for (const stage of [base, fine]) stages.push({ stage, params: (await trainStage({ ...run, stage })).ema, sampling })

const sampler = cascadeSampler({ stages }, { compile: jit })
const [small, large] = await sampler.sample({ count: 16, levels: [50], rng: rng(0) })
await sampler.dispose()
await mkdir('runs', { recursive: true })
await writeFile('runs/samples.png', encodePng(imageGrid([[small!], [large!]])))
