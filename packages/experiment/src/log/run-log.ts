import { join } from 'node:path'
import type { Compile } from '@cascade-diffusion/arrays'
import type { Stage } from '@cascade-diffusion/cascade'
import { encodePng } from '@cascade-diffusion/data'
import type { TrainObserver, TrainProgress } from '@cascade-diffusion/training'
import type { ExperimentData } from '../data/load-context.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { isLogged, type LoggedStep, loggedStep } from './logged-step.ts'
import { metricsFile } from './metrics-file.ts'
import { gridFiles } from './sample-grids.ts'
import { stageGrid } from './stage-grid.ts'
import { tensorboardFiles } from './tensorboard-files.ts'

/** Options of {@link runLog}. */
export interface RunLogOptions {
  readonly plan: CascadePlan
  readonly data: ExperimentData
  /** The folder of the run. */
  readonly out: string
  /** How grids are sampled: `jit`, or `eager`. */
  readonly compile: Compile
  /** Ends the sampling of a grid. */
  readonly signal?: AbortSignal | undefined
}

/** What training calls so that a model is logged. */
export interface ModelLog {
  /** After each step. */
  readonly progress: (progress: TrainProgress) => void
}

/** What training calls so that a stage is logged. */
export interface StageLog extends ModelLog {
  /** Samples the grids. Undefined if the plan wants none. */
  readonly observe: TrainObserver | undefined
}

/**
 * The log of a run, in its folder: `metrics.jsonl`, a line for some steps of each model; `samples/STAGE/000250.png`, grids
 * of samples; and both for TensorBoard, with the pace of training: `tensorboard/MODEL`. Lines and grids are pure
 * functions of the steps: a run that is killed and resumed leaves the same bytes as one that is not, since what steps
 * after the checkpoint have left is removed.
 */
export interface RunLog {
  /** The log of a model that is not a stage: of the evaluator. */
  model(name: string): ModelLog
  /**
   * The log of a stage of the plan.
   * @param written called with the path of each grid that was written; training waits for it.
   */
  stage(stage: Stage, written?: (path: string) => Promise<void>): StageLog
}

/**
 * The log of a run. It is opened before training and needs no closing.
 * @throws of code `file`, from `progress` and `observe`, if a file cannot be written.
 */
export function runLog({ plan, data, out, compile, signal }: RunLogOptions): RunLog {
  const metrics = metricsFile(join(out, 'metrics.jsonl'))

  const logOf = (model: string) => {
    const grids = gridFiles(join(out, 'samples', model))
    const tensorboard = tensorboardFiles(join(out, 'tensorboard', model))
    const pace = paceOf()
    let resumed = false
    /** Before the first event: removes what there is after so many steps. */
    const resume = (done: number) => {
      if (resumed) return
      resumed = true
      metrics.resume(model, done)
      grids.resume(done)
      tensorboard.resume(done)
    }
    const progress = (progress: TrainProgress) => {
      resume(progress.step - 1)
      pace.add(progress)
      if (!isLogged(progress)) return
      const line = loggedStep(model, progress)
      metrics.append(line)
      tensorboard.scalars(progress.step, { ...curvesOf(line, progress), ...pace.take() })
    }
    return { grids, tensorboard, resume, progress }
  }

  return {
    model: (name) => ({ progress: logOf(name).progress }),
    stage(stage, written) {
      const planned = plan.stages.find(({ name }) => name === stage.name)!
      const { grids, tensorboard, resume, progress } = logOf(stage.name)
      const every = sampleEveryOf(planned.training)
      if (every === 0) return { progress, observe: undefined }
      const sample = stageGrid({ stage, planned, data, seed: plan.seed, compile, signal })
      const observe: TrainObserver = {
        every,
        async call(snapshot) {
          const { step } = snapshot
          resume(step)
          if (grids.has(step)) return
          const grid = await sample(snapshot)
          if (!grid) return
          const [height, width, channels] = grid.shape as [number, number, number]
          const png = encodePng(grid)
          // Last, so that the other is not missing if the grid is there.
          tensorboard.image(step, 'samples', { png, width, height, channels })
          const path = await grids.write(step, png)
          await written?.(path)
        },
      }
      return { progress, observe }
    },
  }
}

/** What TensorBoard draws of a line; NaN leaves a gap. */
function curvesOf({ loss, gradNorm, learningRate }: LoggedStep, { skipped, lossScale }: TrainProgress) {
  const curves = { loss: loss ?? Number.NaN, gradient_norm: gradNorm ?? Number.NaN, learning_rate: learningRate }
  return lossScale === undefined ? curves : { ...curves, loss_scale: lossScale, skipped_steps: skipped }
}

/** The pace of training since it was last taken. */
function paceOf() {
  let [steps, waited, since] = [0, 0, performance.now()]
  return {
    add({ dataSeconds }: TrainProgress) {
      steps++
      waited += dataSeconds
    },
    take() {
      const seconds = (performance.now() - since) / 1000
      const pace = { 'time/steps_per_second': steps / seconds, 'time/share_waiting_for_data': waited / seconds }
      ;[steps, waited, since] = [0, 0, performance.now()]
      return pace
    },
  }
}

/** The steps between grids: by default a tenth of the steps, but at least 250, so that short runs are not slowed down. */
export const sampleEveryOf = ({
  steps,
  sampleEvery = Math.max(250, Math.ceil(steps / 10)),
}: {
  readonly steps: number
  readonly sampleEvery?: number
}): number => sampleEvery
