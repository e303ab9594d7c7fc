import { describedStage, type StageDescription } from '@cascade-diffusion/cascade'

/**
 * The description of a stage in the form of this version; one with custom code, which cannot be built here, as it is.
 * @param path of its file, for errors.
 */
export function presentStage(description: StageDescription, path: string): StageDescription {
  try {
    return describedStage(description, path).description
  } catch {
    return description
  }
}
