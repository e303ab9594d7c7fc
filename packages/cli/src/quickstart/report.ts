import { formatDuration, htmlReport, type Series, svgLineChart } from '@cascade-diffusion/reports'
import type { Evaluation, ExperimentEvaluator } from './judge.ts'
import type { Plan } from './plan.ts'
import type { LevelScore } from './sample-all.ts'

/** What a finished run is reported from. */
export interface Outcome {
  readonly plan: Plan
  readonly seed: number
  readonly evaluator: Pick<ExperimentEvaluator, 'ofTest'>
  /** The loss of each step, by what was trained. */
  readonly losses: Readonly<Record<string, Float32Array>>
  readonly scores: readonly LevelScore[]
  readonly best: LevelScore
  readonly seconds: number
  readonly peakMemoryBytes: number
  readonly sampleCount: number
  /** PNG files by name. */
  readonly pictures: Readonly<Record<'samples' | 'process' | 'real', Uint8Array>>
}

/** What `metrics.json` holds. */
export const metricsOf = (o: Outcome) => ({
  dataset: o.plan.name,
  seed: o.seed,
  classAccuracy: o.best.score.classAccuracy.value,
  classifierTestAccuracy: o.evaluator.ofTest.classAccuracy.value,
  fid: Object.fromEntries(
    o.scores.map(({ level, score }) => [String(level), { train: score.fid.train.value, test: score.fid.test.value }]),
  ),
  classAccuracyByLevel: Object.fromEntries(
    o.scores.map(({ level, score }) => [String(level), score.classAccuracy.value]),
  ),
  bestLevel: o.best.level,
  fidOfRealTestImages: o.evaluator.ofTest.fid.train.value,
  samples: o.sampleCount,
  seconds: o.seconds,
  peakMemoryBytes: o.peakMemoryBytes,
})

const percent = (x: number) => `${(100 * x).toFixed(1)} %`
const dataUri = (png: Uint8Array) => `data:image/png;base64,${Buffer.from(png).toString('base64')}`

/** Means over windows, so that a long noisy curve has some 150 points. */
function smoothed(losses: Float32Array): [number, number][] {
  const window = Math.max(1, Math.floor(losses.length / 150))
  const points: [number, number][] = []
  for (let from = 0; from + window <= losses.length; from += window) {
    const finite = losses.subarray(from, from + window).filter(Number.isFinite)
    if (finite.length > 0) points.push([from + window, finite.reduce((a, b) => a + b, 0) / finite.length])
  }
  return points
}

/** The report as one HTML file. */
export function reportOf(o: Outcome): string {
  const { plan, best, scores, pictures } = o
  const { ofTest } = o.evaluator
  const { base, superResolution } = plan
  const [low, high] = [base.stage.resolution, superResolution.stage.resolution]
  const fids = (name: string, of: (s: Evaluation) => number): Series => ({
    name,
    markers: true,
    points: scores.map(({ level, score }) => [level, of(score)]),
  })
  const losses = Object.entries(o.losses).map(([name, values]) =>
    svgLineChart({
      title: name,
      xLabel: 'step',
      yLabel: name === 'classifier' ? 'cross-entropy' : 'simple loss',
      series: [{ name, points: smoothed(values) }],
      logY: true,
    }),
  )
  return htmlReport({
    title: plan.title,
    summary: [
      `${plan.about} A base model makes ${low}×${low} images of a class, a super-resolution model enlarges them to ${high}×${high}; each was trained by itself on real images.`,
      plan.fast ? 'This is the fast version: a rough picture. Without --fast the models are trained longer.' : '',
    ].join('\n\n'),
    figures: [
      {
        label: 'class accuracy',
        value: percent(best.score.classAccuracy.value),
        note: `${o.sampleCount} samples taken for the class asked for, at s = ${best.level}`,
      },
      { label: 'classifier', value: percent(ofTest.classAccuracy.value), note: 'its accuracy on the real test images' },
      {
        label: 'FID, training set',
        value: best.score.fid.train.value.toFixed(2),
        note: `the real test set comes to ${ofTest.fid.train.value.toFixed(2)}`,
      },
      {
        label: 'time',
        value: formatDuration(o.seconds),
        note: `${(o.peakMemoryBytes / 2 ** 30).toFixed(2)} GiB of memory at most`,
      },
    ],
    sections: [
      {
        heading: 'Samples',
        text: `Rows are the classes ${plan.base.stage.classNames?.join(', ')}. Left: the ${low}×${low} images of the base model, enlarged without smoothing. Right: the ${high}×${high} images that the super-resolution model made of them, at s = ${best.level}.`,
        images: [{ pngDataUri: dataUri(pictures.samples), caption: 'Generated' }],
      },
      {
        heading: 'Real images',
        text: 'The same arrangement of real training images: left averaged down, right as they are.',
        images: [{ pngDataUri: dataUri(pictures.real), caption: 'Real' }],
      },
      {
        heading: 'From noise to image',
        text: 'The base model’s image as its noise falls, then that of the super-resolution model.',
        images: [{ pngDataUri: dataUri(pictures.process), caption: 'The process over time, left to right' }],
      },
      {
        heading: 'Conditioning augmentation',
        text: `Before the super-resolution model sees a generated ${low}×${low} image, noise of the forward process at step s is added to it, as it was to real ones in training. s is chosen after training, by the Fréchet distance (FID) to real images. The features are those of a small classifier trained on the same data, so the figures are not comparable with published ones.`,
        charts: [
          svgLineChart({
            title: 'FID by s',
            xLabel: 's',
            yLabel: 'FID',
            series: [fids('training set', (s) => s.fid.train.value), fids('test set', (s) => s.fid.test.value)],
          }),
        ],
        table: {
          header: ['s', 'FID, training set', 'FID, test set', 'class accuracy'],
          rows: scores.map(({ level, score }) => [
            level,
            Number(score.fid.train.value.toFixed(3)),
            Number(score.fid.test.value.toFixed(3)),
            percent(score.classAccuracy.value),
          ]),
        },
      },
      { heading: 'Training', charts: losses },
      {
        heading: 'Classes',
        text: 'How often the classifier takes a sample for the class that was asked for.',
        table: {
          header: ['class', 'accuracy'],
          rows: best.score.classAccuracy.perClass.map((x, i) => [plan.base.stage.classNames?.[i] ?? i, percent(x)]),
        },
      },
    ],
  })
}
