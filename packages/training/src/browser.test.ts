import { expect, test } from 'vitest'
import * as browser from './browser.ts'
import * as node from './index.ts'

test('browsers get all that needs no files', () => {
  const absent = Object.keys(node).filter((name) => !(name in browser))
  expect(absent.sort()).toEqual([
    ...[
      'TrainingInterrupted',
      'checkpointProgress',
      'differences',
      'loadCheckpoint',
      'loadEma',
      'prepareCheckpoint',
      'previousPath',
    ],
    ...['saveCheckpoint', 'train', 'trainKeys', 'trainSchemas'],
  ])
  for (const [name, value] of Object.entries(browser)) expect((node as Record<string, unknown>)[name]).toBe(value)
})
