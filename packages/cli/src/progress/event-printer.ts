import { basename } from 'node:path'
import type { EvaluatedEvent, ExperimentEvent } from '@cascade-diffusion/experiment'
import type { Written } from '../command.ts'
import { type ProgressLine, type ProgressStream, progressLine, type StepFigures } from './progress-line.ts'

/** Options of {@link eventPrinter}. */
export interface EventPrinterOptions {
  /** Where lines that stay go. */
  readonly log: (line: string) => void
  /** Where progress goes. Default the process's stderr. */
  readonly stream?: ProgressStream
}

/** Shows the events of an experiment to people: a line of progress for each model and for sampling, and what was found. */
export interface EventPrinter {
  readonly print: (event: ExperimentEvent) => void
  /** Ends the line of progress, also when stopped early. */
  readonly end: () => void
  /** What was written so far, each file and folder once. */
  readonly written: () => Written[]
}

/** Prints the events of an experiment. */
export function eventPrinter({ log, stream }: EventPrinterOptions): EventPrinter {
  let line: { readonly label: string; readonly progress: ProgressLine } | undefined
  const paths = new Set<string>()
  const end = () => {
    line?.progress.end()
    line = undefined
  }
  const show = (label: string, done: number, total: number, start: number, figures?: StepFigures) => {
    const unit = figures ? 'step' : 'image'
    if (line?.label !== label) {
      end()
      line = { label, progress: progressLine({ label: label.padEnd(16), total, start, unit, stream }) }
    }
    line.progress.update(done, figures)
  }
  const say = (text: string) => {
    end()
    log(text)
  }
  const print = (event: ExperimentEvent) => {
    switch (event.type) {
      case 'loading':
        return show(event.split ? `${event.split} images` : 'images', event.done, event.total, 0)
      case 'loaded':
        return say(`${count(event.train)} training and ${count(event.test)} test images`)
      case 'training':
        return show(event.model, event.step, event.steps, event.step - 1, event)
      case 'evaluator':
        return say(`the evaluator's accuracy on real test images: ${(100 * event.accuracy).toFixed(2)} %`)
      case 'sampling':
        return show('sampling', event.done, event.count, 0)
      case 'evaluated':
        return say(`${event.stage} at s = ${event.level}${event.truncated ? ', truncated' : ''}: FID ${fidOf(event)}`)
      case 'written':
        paths.add(event.path)
    }
  }
  return { print, end, written: () => [...paths].map((path) => ({ what: nameOf(path), path })) }
}

/** What the files and folders of a run are, by their names. */
const names: Readonly<Record<string, string>> = {
  'config.json': 'configuration',
  checkpoints: 'checkpoints',
  cascade: 'trained cascade',
  'samples.png': 'samples',
  'process.png': 'process of sampling',
  'real.png': 'real images',
  'metrics.json': 'figures',
  'report.html': 'report',
}

const nameOf = (path: string) => names[basename(path)] ?? basename(path)

const fidOf = ({ figures }: EvaluatedEvent) => figures.fid.train.value.toFixed(2)

const count = (n: number) => n.toLocaleString('en-US')
