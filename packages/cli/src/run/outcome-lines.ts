import { levelInWords, metricsOf, type Outcome } from '@cascade-diffusion/experiment'

/** What was found of samples, in lines. */
export function outcomeLines(outcome: Outcome): string[] {
  const { figures, levels, ofTest } = outcome.evaluation
  const [fid, fidOfTest] = [figures, ofTest].map(({ fid }) => fid.train.value.toFixed(2))
  const metrics = metricsOf(outcome)
  const at = levels.length > 0 ? ` at s = ${levels.map(levelInWords).join('; ')}` : ''
  return [
    ...(Object.keys(metrics.fid).length > 0 ? [`FID by s, non-truncated: ${byLevel(metrics.fid)}`] : []),
    ...(metrics.truncated ? [`FID by s, truncated: ${byLevel(metrics.truncated.fid)}`] : []),
    ...(figures.classAccuracy
      ? [`class accuracy of the samples: ${(100 * figures.classAccuracy.value).toFixed(1)} %`]
      : []),
    `FID ${fid}${at}; ${fidOfTest} for the real test set`,
  ]
}

const byLevel = (fid: Readonly<Record<string, { readonly train: number }>>): string =>
  Object.entries(fid)
    .map(([level, { train }]) => `${train.toFixed(2)} at ${level}`)
    .join(', ')
