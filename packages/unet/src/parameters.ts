import type { CompleteUNetConfig } from './config/config.ts'
import type { NetworkPlan, Step } from './plan.ts'

/** How a parameter is initialised; see `initial` in init.ts. */
export type Start = 'uniform' | 'normal' | 'zeros' | 'ones'

/** The shape of a parameter, its initialisation, and the number of inputs of each output of its layer. */
export interface ParameterSpec {
  shape: readonly number[]
  start: Start
  fanIn: number
}

/** Collects the parameters of layers, in the order of the calls. */
export function specBuilder() {
  const specs: Record<string, ParameterSpec> = {}
  /** A kernel [.., in, out] and a bias. */
  const layer = (name: string, kernel: readonly number[], start: Start = 'uniform') => {
    const fanIn = kernel.slice(0, -1).reduce((n, d) => n * d, 1)
    specs[`${name}.kernel`] = { shape: kernel, start, fanIn }
    specs[`${name}.bias`] = { shape: kernel.slice(-1), start, fanIn }
  }
  const norm = (name: string, channels: number) => {
    specs[`${name}.scale`] = { shape: [channels], start: 'ones', fanIn: 1 }
    specs[`${name}.shift`] = { shape: [channels], start: 'zeros', fanIn: 1 }
  }
  return { specs, layer, norm }
}

type SpecBuilder = ReturnType<typeof specBuilder>

/** Every parameter of the network by name, in the order in which the network uses them. */
export function parameterSpecs(config: CompleteUNetConfig, plan: NetworkPlan): Record<string, ParameterSpec> {
  const build = specBuilder()
  contractionSpecs(config, plan, build)
  for (const step of plan.up) stepSpecs(config, plan, step, build)
  build.norm('output.norm', plan.last)
  build.layer('output.conv', [3, 3, plan.last, config.patchSize ** 2 * config.outChannels], 'zeros')
  return build.specs
}

/** The embeddings, the first convolution, the way down and the middle. */
export function contractionSpecs(config: CompleteUNetConfig, plan: NetworkPlan, build: SpecBuilder): void {
  const embedded = (name: string) => {
    build.layer(`${name}.0`, [config.baseChannels, plan.embedding])
    build.layer(`${name}.1`, [plan.embedding, plan.embedding])
  }
  embedded('time')
  if (config.augmentationLevels) embedded('augmentation')
  if (config.numClasses)
    build.specs['label.embedding'] = { shape: [config.numClasses, plan.embedding], start: 'normal', fanIn: 1 }
  build.layer('input', [3, 3, plan.inputChannels, config.firstChannels])
  for (const step of [...plan.down, ...plan.middle]) stepSpecs(config, plan, step, build)
}

function stepSpecs(config: CompleteUNetConfig, plan: NetworkPlan, step: Step, { layer, norm }: SpecBuilder): void {
  if (step.kind !== 'residual') {
    if (step.conv) layer(step.name, [3, 3, step.channels, step.channels])
    return
  }
  const { name, from, to, attention } = step
  norm(`${name}.norm1`, from)
  layer(`${name}.conv1`, [3, 3, from, to])
  layer(`${name}.embedding`, [plan.embedding, config.scaleShiftNorm ? 2 * to : to])
  norm(`${name}.norm2`, to)
  layer(`${name}.conv2`, [3, 3, to, to], 'zeros')
  if (from !== to) layer(`${name}.skip`, [1, 1, from, to])
  if (!attention) return
  if (attention.norm) norm(`${name}.attention.norm`, to)
  layer(`${name}.attention.qkv`, [to, 3 * to])
  layer(`${name}.attention.out`, [to, to], 'zeros')
}
