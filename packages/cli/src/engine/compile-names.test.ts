import { installableNames } from '@cascade-diffusion/backends'
import { quickstartDatasets } from '@cascade-diffusion/experiment'
import { engineNames } from '@cascade-diffusion/jit'
import { expect, test } from 'vitest'
import { backendsCommand } from '../backends/command.ts'
import { quickstartCommand } from '../quickstart/command.ts'
import { jitNames } from './compile-names.ts'

// Files that describe commands import nothing heavy, so they repeat names.
test('the names in descriptions are all there are', () => {
  expect(Object.values(jitNames)).toEqual(engineNames)
  expect(backendsCommand.commands[0]!.arguments.name!.choices).toEqual(installableNames)
  expect(quickstartCommand.options.dataset!.choices).toEqual(quickstartDatasets)
})
