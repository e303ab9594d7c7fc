import type { ExperimentEvent } from '@cascade-diffusion/experiment'
import { expect, test } from 'vitest'
import { eventPrinter } from './event-printer.ts'

/** What is printed for events, progress and lines together. */
function printed(...events: ExperimentEvent[]): string[] {
  const lines: string[] = []
  const log = (line: string) => lines.push(line)
  const { print, end } = eventPrinter({ log, stream: { write: (text: string) => lines.push(text.trimEnd()) } })
  for (const event of events) print(event)
  end()
  end()
  return lines
}

test('a line of progress for each model, which ends where the next begins', () => {
  const figures = { loss: 0.5, gradNorm: 1, learningRate: 1e-3, dataSeconds: 0, skipped: 0 }
  const times = { stepsPerSecond: 10, secondsLeft: 0 }
  const training = (model: string, step: number) =>
    ({ type: 'training', model, step, steps: 2, ...figures, ...times }) as const
  const lines = printed(
    { type: 'loaded', train: 60_000, test: 10_000 },
    training('evaluator', 1),
    training('evaluator', 2),
    training('base', 2),
    { type: 'evaluator', accuracy: 0.98917 },
    { type: 'sampling', done: 0, count: 600 },
    { type: 'sampling', done: 600, count: 600 },
  )
  expect(lines.map((line) => line.replace(/ {2}[\d.]+ steps\/s/, ''))).toEqual([
    '60,000 training and 10,000 test images',
    'evaluator         1/2  50 %  loss 0.5000',
    'evaluator         2/2  100 %  loss 0.5000',
    'base              2/2  100 %  loss 0.5000',
    'base              2/2  100 %  loss 0.5000',
    "the evaluator's accuracy on real test images: 98.92 %",
    'sampling          0/600  0 %',
    'sampling          600/600  100 %',
  ])
})

test('images that are made are counted', () => {
  expect(printed({ type: 'loading', split: 'train', done: 100, total: 400 })[0]).toBe('train images      100/400  25 %')
  expect(printed({ type: 'loading', done: 100, total: 400 })[0]).toBe('images            100/400  25 %')
})

test('what was written is listed once, in order', () => {
  const { print, written } = eventPrinter({ log: () => {}, stream: { write: () => {} } })
  for (const path of ['/run/cascade', '/run/metrics.json', '/run/report.html', '/run/report.html', '/run/x.txt'])
    print({ type: 'written', path })
  expect(written()).toEqual([
    { what: 'trained cascade', path: '/run/cascade' },
    { what: 'figures', path: '/run/metrics.json' },
    { what: 'report', path: '/run/report.html' },
    { what: 'x.txt', path: '/run/x.txt' },
  ])
})
