import { type ConfigOf, table } from '@cascade-diffusion/checks'
import { classifier } from './classifier.ts'
import { classifierFree } from './classifier-free.ts'

/** The kinds of guidance, by name. */
export const guidances = table('guidance', [classifierFree, classifier])

/** What a stage is guided by, by its name. */
export type GuidanceConfig = ConfigOf<typeof guidances>
