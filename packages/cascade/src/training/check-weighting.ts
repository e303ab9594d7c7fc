import type { Compile } from '@cascade-diffusion/arrays'
import { float32 } from '@cascade-diffusion/arrays'
import { CascadeError } from '@cascade-diffusion/checks'
import { isDiscrete, type NoiseLevel, noiseLevel, type Prediction } from '@cascade-diffusion/diffusion'
import { type LossConfig, minSnr, p2, type Weighting, weightingOf } from '@cascade-diffusion/losses'
import { div, square, type Tensor } from '@tensorflow/tfjs-core'
import type { Stage } from '../stage/stage.ts'
import type { NoiseLevelsConfig } from './noise-levels/noise-levels-table.ts'

/** A noise level that may be drawn in training, with its name in errors. */
interface DrawnLevel extends NoiseLevel {
  readonly at: string
}

/**
 * Computes, as training does, the weights of all steps that a stage is trained on, or at the ends of its noise levels.
 * @throws if one is infinite or not a number: a single such loss would end the run.
 */
export async function checkWeighting(
  stage: Pick<Stage, 'name' | 'process'>,
  loss: LossConfig,
  noiseLevels: NoiseLevelsConfig,
  compile: Compile,
): Promise<void> {
  const config = 'weighting' in loss ? loss.weighting : undefined
  if (!config) return
  const { prediction } = stage.process
  const weighting = weightingOf(config)
  const levels = drawnLevels(stage, noiseLevels)
  const others = { 'min-snr': minSnr(), p2: p2() }
  const compiled = compile((alpha: Tensor, sigma: Tensor) => {
    const snr = square(div(alpha, sigma))
    const by = (weighting: Weighting) => (prediction: Prediction) => weighting(snr, prediction)
    const ofPredictions = { epsilon: by(weighting)('epsilon'), x0: by(weighting)('x0'), v: by(weighting)('v') }
    return { ...ofPredictions, 'min-snr': by(others['min-snr'])(prediction), p2: by(others.p2)(prediction) }
  })
  const arrays = (['alpha', 'sigma'] as const).map((key) => float32(levels.map((level) => level[key])))
  const weights = await compiled(arrays[0]!, arrays[1]!)
  await compiled.dispose()
  const bad = weights[prediction].data.findIndex((weight) => !Number.isFinite(weight))
  if (bad < 0) return
  const finite = (name: keyof typeof weights) => name !== prediction && weights[name].data.every(Number.isFinite)
  const remedies = [
    ...(['min-snr', 'p2'] as const).filter(finite).map((name) => `the weighting ${name}`),
    ...(['epsilon', 'x0', 'v'] as const).filter(finite).map((name) => `a prediction of ${name}`),
  ]
  const { at, alpha } = levels[bad]!
  throw new CascadeError(
    'input',
    `stage '${stage.name}': expected a weighting that is finite at every noise level that is trained on, got ${config.name}, ` +
      `which for a prediction of ${prediction} is ${weights[prediction].data[bad]} at ${at} (ᾱ = ${alpha ** 2}); ` +
      `finite everywhere: ${remedies.join(', ')}`,
  )
}

/** Every step, if training draws steps; else the ends of the range of noise levels. */
function drawnLevels({ process: { schedule } }: Pick<Stage, 'process'>, noiseLevels: NoiseLevelsConfig): DrawnLevel[] {
  if (noiseLevels.name === 'log-normal') {
    const { mean = -1.2, std = 1.2 } = noiseLevels
    // The most extreme that float64 can draw.
    return [-1, 1].map((sign) => {
      const sigma = Math.exp(mean + sign * 8.3 * std)
      const alpha = 1 / Math.hypot(1, sigma)
      return { alpha, sigma: sigma * alpha, at: `sigma / alpha = ${sigma.toPrecision(3)}` }
    })
  }
  if (!isDiscrete(schedule)) return [0, 1].map((t) => ({ ...noiseLevel(schedule, t), at: `time ${t}` }))
  const steps = Array.from(schedule.betas, (_, t) => ({ ...noiseLevel(schedule, t), at: `step ${t}` }))
  return noiseLevels.name === 'piecewise-uniform' ? [{ ...noiseLevel(schedule, -1), at: 'the data' }, ...steps] : steps
}
