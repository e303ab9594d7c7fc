import { CascadeError, checkOptions } from '@cascade-diffusion/checks'
import { loadEma } from '@cascade-diffusion/training'
import { describedStage, type LoadStageOptions, type TrainedStage } from './described-stage.ts'
import type { StageDescription } from './stage-config.ts'

/**
 * Reads a stage from its checkpoint, which describes it in full, apart from custom code.
 * @throws if the file is missing, corrupt, or not a stage; if the stage needs custom code that is not handed in, or was
 * trained with other code.
 */
export async function loadStage(path: string, own: LoadStageOptions = {}): Promise<TrainedStage> {
  checkOptions('loadStage', own, { network: true, augmentation: true })
  const { kind, config, params } = await loadEma(path)
  const described = (config as { stage?: StageDescription } | null)?.stage
  if (kind !== 'cascade stage' || !described)
    throw new CascadeError('checkpoint', `loadStage: expected a cascade stage in ${path}, got '${kind}'`)
  return { stage: describedStage(described, path, own), params }
}
