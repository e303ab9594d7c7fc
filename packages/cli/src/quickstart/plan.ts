import { type BaseStage, baseStage, type SuperResolutionStage, superResolutionStage } from '@cascade-diffusion/cascade'
import { type LabelledSource, loadDicebear, loadMnist } from '@cascade-diffusion/data'

/** What the quickstart can be run on. */
export const datasetNames = ['mnist', 'dicebear'] as const

export type DatasetName = (typeof datasetNames)[number]

export interface TrainingPlan {
  readonly steps: number
  readonly batchSize: number
  /** The highest, after a warm-up; it falls to zero along a cosine. */
  readonly learningRate: number
}

/** All that one run of the quickstart settles: data, models, training and sampling. */
export interface Plan {
  /** Names the folder of its checkpoints. */
  readonly name: string
  readonly title: string
  /** Whether it is the rough version. */
  readonly fast: boolean
  /** What the images are, in a sentence. */
  readonly about: string
  load(split: 'train' | 'test'): Promise<LabelledSource>
  readonly classifier: TrainingPlan
  readonly base: { readonly stage: BaseStage; readonly training: TrainingPlan; readonly samplingSteps: number }
  readonly superResolution: {
    readonly stage: SuperResolutionStage
    readonly training: TrainingPlan
    readonly samplingSteps: number
  }
  readonly emaDecay: number
  /** Images of each class that are sampled and judged. */
  readonly samplesPerClass: number
  /** Images that are sampled at a time: a matter of memory and speed, not of the result. */
  readonly samplingBatchSize: number
  /** The levels s of conditioning augmentation that are tried. */
  readonly levels: readonly number[]
}

const digits = Array.from({ length: 10 }, (_, i) => String(i))
const styles = ['thumbs', 'pixelArt', 'shapes', 'identicon', 'lorelei', 'rings'] as const

const process = { schedule: { name: 'cosine', steps: 1000 } } as const

/** Trained so shortly, a prediction of v leaves the black background black, where one of ε leaves it grey. */
const velocity = { ...process, prediction: 'v' } as const

/** Handwritten digits, 8×8 to 32×32. */
function mnist(fast: boolean): Plan {
  const images = { imageChannels: 1, classNames: digits }
  return {
    name: fast ? 'mnist-fast' : 'mnist',
    title: 'A cascade on MNIST',
    fast,
    about: 'Handwritten digits: the real MNIST, 28×28 with a black margin to 32×32.',
    load: (split) => loadMnist({ split }),
    classifier: { steps: fast ? 500 : 1000, batchSize: 128, learningRate: 4e-3 },
    base: {
      stage: baseStage({
        name: 'base',
        resolution: 8,
        process,
        ...images,
        network: { baseChannels: 32, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 },
      }),
      training: { steps: fast ? 500 : 2000, batchSize: 64, learningRate: 2e-3 },
      samplingSteps: 25,
    },
    superResolution: {
      stage: superResolutionStage({
        name: 'super-resolution',
        resolution: 32,
        lowResolution: 8,
        process: velocity,
        ...images,
        augmentation: { name: 'gaussian-noise', ...process, maxLevel: 400 },
        network: { patchSize: 2, baseChannels: 32, channelMultipliers: [1, 2], residualBlocks: 1, normGroups: 8 },
      }),
      training: { steps: fast ? 520 : 2200, batchSize: 32, learningRate: 2e-3 },
      samplingSteps: 16,
    },
    emaDecay: 0.995,
    samplesPerClass: fast ? 20 : 100,
    samplingBatchSize: 100,
    levels: fast ? [0, 100] : [0, 50, 100, 200],
  }
}

/** Drawings made up by a program, 16×16 to 64×64 in colour. */
function dicebear(fast: boolean, cacheDir: string): Plan {
  const images = { imageChannels: 3, classNames: styles }
  const perClass = fast ? 500 : 2000
  return {
    name: fast ? 'dicebear-fast' : 'dicebear',
    title: 'A cascade on Dicebear’s drawings',
    fast,
    about:
      'Procedural art, not photographs: drawings that the Dicebear library makes up from seeds; the classes are drawing styles.',
    load: (split) =>
      loadDicebear({ split, styles, perClass: split === 'train' ? perClass : perClass / 4, size: 64, cacheDir }),
    classifier: { steps: fast ? 200 : 400, batchSize: 64, learningRate: 2e-3 },
    base: {
      stage: baseStage({
        name: 'base',
        resolution: 16,
        process,
        ...images,
        network: { baseChannels: 32, channelMultipliers: [1, 2, 2], residualBlocks: 1, normGroups: 8 },
      }),
      training: { steps: fast ? 400 : 1800, batchSize: 16, learningRate: 2e-3 },
      samplingSteps: 25,
    },
    superResolution: {
      stage: superResolutionStage({
        name: 'super-resolution',
        resolution: 64,
        lowResolution: 16,
        process,
        ...images,
        augmentation: { name: 'gaussian-noise', ...process, maxLevel: 400 },
        network: {
          noiseSkip: true,
          patchSize: 2,
          baseChannels: 32,
          channelMultipliers: [1, 2, 2],
          residualBlocks: 1,
          normGroups: 8,
        },
      }),
      training: { steps: fast ? 700 : 2500, batchSize: 8, learningRate: 2e-3 },
      samplingSteps: 16,
    },
    emaDecay: 0.995,
    samplesPerClass: fast ? 8 : 40,
    samplingBatchSize: 24,
    levels: fast ? [0, 100] : [0, 50, 100, 200],
  }
}

/** Options of {@link planOf}. */
export interface PlanOptions {
  readonly dataset: DatasetName
  /** A rough picture in a fraction of the time. */
  readonly fast: boolean
  /** Where drawings are kept between runs. */
  readonly cacheDir: string
}

/** The plan for a data set. */
export const planOf = ({ dataset, fast, cacheDir }: PlanOptions): Plan =>
  dataset === 'mnist' ? mnist(fast) : dicebear(fast, cacheDir)
