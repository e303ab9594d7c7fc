import type { AugmentationWay } from '@cascade-diffusion/cascade'
import { imageSize, shownSize } from '@cascade-diffusion/data'
import {
  formatDuration,
  htmlReport,
  type KeyFigure,
  type ReportSection,
  type Series,
  svgLineChart,
} from '@cascade-diffusion/reports'
import type { ExperimentFigures } from '../evaluate/evaluator.ts'
import type { ChosenLevel, LevelFigures, LevelSearch } from '../evaluate/search-stages.ts'
import type { LoggedStep } from '../log/logged-step.ts'
import type { CascadePlan } from '../plan/cascade-plan.ts'
import { EVALUATOR } from '../plan/check-plan.ts'
import type { ModelState } from '../run/open-run.ts'
import type { Pictures } from '../run/run-files.ts'
import { shownClasses } from '../sample.ts'
import { gridSections, type StageGrids } from './grid-sections.ts'
import { type LossCurve, lossCurves } from './loss-curves.ts'
import { type Outcome, trialsOf } from './outcome.ts'

const percent = (x: number) => `${(100 * x).toFixed(1)} %`
const dataUri = (png: Uint8Array) => `data:image/png;base64,${Buffer.from(png).toString('base64')}`
const listed = (parts: readonly string[]) =>
  parts.length < 2 ? parts.join() : `${parts.slice(0, -1).join(', ')} and ${parts.at(-1)}`

/** A run, as its report takes it: finished or not. */
export interface RunReport {
  readonly plan: CascadePlan
  /** The classes that stages are conditioned on; undefined if there are none. */
  readonly classNames: readonly string[] | undefined
  /** The models, in the order of their training. */
  readonly models: readonly Pick<ModelState, 'name' | 'step' | 'steps' | 'losses'>[]
  /** The log, which may be ahead of the checkpoints that the models are known by. */
  readonly logged: readonly LoggedStep[]
  /** Samples of the stages while they were trained. */
  readonly grids: readonly StageGrids[]
  /** The pictures, as PNG files, once all stages are trained. */
  readonly pictures: Pictures | undefined
  /** The levels that they were sampled at. */
  readonly levels: readonly ChosenLevel[]
  /** What was found of samples, if they were evaluated. */
  readonly outcome: Outcome | undefined
}

/** The report as one HTML page. */
export function reportOf(run: RunReport): string {
  const { plan, outcome } = run
  const curves = lossCurves(run)
  const several = plan.stages.length > 2
  const { classAccuracy } = outcome?.evaluation.figures ?? {}
  return htmlReport({
    title: plan.report.title,
    summary: [`${plan.report.about} ${stagesInWords(run)}`, plan.report.note ?? ''].join('\n\n'),
    figures: outcome ? keyFigures(run, outcome) : curves.map(stepsFigure),
    sections: [
      ...pictureSections(run),
      ...(outcome?.evaluation.searches ?? []).map((search) => levelSection(search, several)),
      { heading: 'Training', charts: curves.filter(isDrawable).map(lossChart) },
      ...gridSections(plan, run.grids),
      ...(classAccuracy && run.classNames ? [classSection(run.classNames, classAccuracy.perClass)] : []),
    ],
  })
}

function keyFigures(run: RunReport, { evaluation, seconds, peakMemoryBytes, plan }: Outcome): KeyFigure[] {
  const { figures, ofTest, accuracy, samples } = evaluation
  const ofClasses = figures.classAccuracy && {
    label: 'class accuracy',
    value: percent(figures.classAccuracy.value),
    note: `of ${samples} samples, by the classifier${atLevels(run)}`,
  }
  return [
    ...(ofClasses ? [ofClasses] : []),
    plan.evaluation.features === 'classes'
      ? { label: 'classifier', value: percent(accuracy), note: 'accuracy on real test images' }
      : { label: 'evaluator', value: percent(accuracy), note: 'of the turns of real test images recognised' },
    {
      label: 'FID, training set',
      value: figures.fid.train.value.toFixed(2),
      note: `${ofTest.fid.train.value.toFixed(2)} for the real test set`,
    },
    {
      label: 'time',
      value: formatDuration(seconds),
      note: `peak memory ${(peakMemoryBytes / 2 ** 30).toFixed(2)} GiB`,
    },
  ]
}

const stepsFigure = ({ name, step, steps }: LossCurve): KeyFigure => ({
  label: name,
  value: `${step}`,
  note: `of ${steps} steps`,
})

function pictureSections(run: RunReport): ReportSection[] {
  const { pictures, classNames } = run
  if (!pictures) return []
  const rows = classNames && `Rows are the classes ${classNames.slice(0, shownClasses).join(', ')}. `
  return [
    {
      heading: 'Samples',
      text: `${rows ?? ''}${columnsInWords(run)}${atLevels(run)}.${ofTruncated(run)}`,
      images: [{ pngDataUri: dataUri(pictures.samples), caption: 'Generated' }],
    },
    {
      heading: 'Real images',
      text: 'Real training images in the same arrangement, averaged down to the resolution of each stage.',
      images: [{ pngDataUri: dataUri(pictures.real), caption: 'Real' }],
    },
    {
      heading: 'From noise to image',
      text: 'The images of each stage while their noise is removed, those of the base model first.',
      images: [{ pngDataUri: dataUri(pictures.process), caption: 'The process, left to right' }],
    },
  ]
}

/** `, at s = 10 (middle) and s = 20 (large)` */
function atLevels({ plan, levels }: RunReport): string {
  const upper = levels.length > 0 ? plan.stages.slice(1) : []
  const each = upper.map(({ name }, i) => `s = ${levelInWords(levels[i]!)}${upper.length > 1 ? ` (${name})` : ''}`)
  return each.length > 0 ? `, at ${listed(each)}` : ''
}

const classSection = (classNames: readonly string[], perClass: readonly (number | null)[]): ReportSection => ({
  heading: 'Classes',
  text: 'How often the classifier assigns a sample to the class that it was conditioned on.',
  table: {
    header: ['class', 'accuracy'],
    // Without samples of a class there is no figure.
    rows: perClass.map((x, i) => [classNames[i] ?? i, Number.isFinite(x) ? percent(x!) : '–']),
  },
})

function stagesInWords({ plan: { stages }, classNames }: RunReport): string {
  const [low, ...higher] = stages.map(({ resolution }) => shownSize(imageSize('report', resolution)))
  const base = `A base model generates ${low} images${classNames ? ' of a class' : ''}.`
  if (higher.length === 0) return `${base} It was trained on real images.`
  const models = higher.length > 1 ? 'Other models super-resolve' : 'Another model super-resolves'
  return `${base} ${models} them to ${listed(higher)}. Each model was trained by itself on real images.`
}

function columnsInWords({ plan: { stages } }: RunReport): string {
  const [low, ...higher] = stages.map(({ resolution }) => shownSize(imageSize('report', resolution)))
  if (higher.length === 0) return `The images are ${low}, as the base model generates them`
  return `Left: the ${low} images of the base model, pixel by pixel. Right: the same images, super-resolved to ${listed(higher)}`
}

/** What images of a model that stops early look like. */
const ofTruncated = ({ levels }: RunReport): string =>
  levels.some(({ truncated }) => truncated)
    ? ' Images below a truncated s are as they are handed over, with the noise that is left where their model stops.'
    : ''

/** `100, truncated`. */
export const levelInWords = ({ level, truncated }: ChosenLevel): string => `${level}${truncated ? ', truncated' : ''}`

const ways = ['non-truncated', 'truncated'] as const

function levelSection({ stage, trials }: LevelSearch, several: boolean): ReportSection {
  const tried = ways.filter((way) =>
    trials.some(({ level, truncated }) => level > 0 && truncated === (way === 'truncated')),
  )
  const both = tried.length === 2
  const labelled = trials.every(({ figures }) => figures.classAccuracy)
  const fids = (set: string, of: (figures: ExperimentFigures) => number): Series[] =>
    (both ? ways : (['only'] as const)).map((way) => ({
      name: way === 'only' ? set : `${set}, ${way}`,
      markers: true,
      dashed: way === 'truncated',
      points: (way === 'only' ? trials : trialsOf(trials, way)).map(({ level, figures }) => [level, of(figures)]),
    }))
  const wayOf = ({ level, truncated }: LevelFigures) =>
    level === 0 ? 'both ways' : truncated ? 'truncated' : 'non-truncated'
  return {
    heading: `Conditioning augmentation${several ? ` of ${stage}` : ''}`,
    text: `${howAugmented(tried)} s is chosen after training, by the Fréchet distance (FID) to real images. The features are those of a small classifier trained on the same data, so the figures cannot be compared with published ones.`,
    charts: [
      svgLineChart({
        title: 'FID by s',
        xLabel: 's',
        yLabel: 'FID',
        series: [
          ...fids('training set', ({ fid }) => fid.train.value),
          ...fids('test set', ({ fid }) => fid.test.value),
        ],
      }),
    ],
    table: {
      header: [
        's',
        ...(both ? ['sampling'] : []),
        'FID, training set',
        'FID, test set',
        ...(labelled ? ['class accuracy'] : []),
      ],
      rows: trials.map((trial) => [
        trial.level,
        ...(both ? [wayOf(trial)] : []),
        Number(trial.figures.fid.train.value.toFixed(3)),
        Number(trial.figures.fid.test.value.toFixed(3)),
        ...(labelled ? [percent(trial.figures.classAccuracy!.value)] : []),
      ]),
    },
  }
}

function howAugmented(tried: readonly AugmentationWay[]): string {
  const nonTruncated =
    'Each generated low-resolution image is augmented at level s before the super-resolution model is conditioned on it, ' +
    'as real ones were in training'
  const truncated =
    'the model of the low-resolution images stops at s, and the super-resolution model is conditioned on what it has by then'
  if (tried.length === 2)
    return `${nonTruncated} (non-truncated); or ${truncated} (truncated). At s = 0 both are the same.`
  return tried[0] === 'truncated' ? `${truncated[0]!.toUpperCase()}${truncated.slice(1)}.` : `${nonTruncated}.`
}

/** Not where every loss is 0 or below, or no step was taken. */
const isDrawable = ({ points }: LossCurve): boolean => points.some(([, loss]) => loss > 0)

const lossChart = ({ name, points }: LossCurve): string =>
  svgLineChart({
    title: name,
    xLabel: 'step',
    yLabel: name === EVALUATOR ? 'cross-entropy' : 'simple loss',
    series: [{ name, points }],
    logY: true,
  })
