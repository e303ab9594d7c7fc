// Scores of samples.

export { classAccuracy, classifierExtractor, evaluator, extractor, fid, measure } from '@cascade-diffusion/metrics'
