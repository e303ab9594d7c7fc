import type { StageLevel } from '../sampling/cascade/options.ts'
import { manifestName, readManifest } from './manifest.ts'

/**
 * The level s of each stage of a saved cascade that has one, by the stage's name, and whether the stage below is
 * truncated at it: what was chosen after training. No weights are read.
 * @throws as `readCascade`.
 */
export async function savedLevels(
  folder: string | URL,
): Promise<Readonly<Record<string, Required<Exclude<StageLevel, number>>>>> {
  const { stages } = await readManifest('savedLevels', folder)
  return Object.fromEntries(
    stages.flatMap((stage) =>
      'file' in stage && stage.level !== undefined
        ? [[manifestName(stage), { level: stage.level, truncated: stage.truncated ?? false }]]
        : [],
    ),
  )
}
