import { command } from '../command.ts'
import { flag, oneOf, text } from '../inputs.ts'

export const initCommand = command({
  name: 'init',
  summary: 'write a project that trains a cascade on your images',
  about:
    'It asks for what is not given, as `npm create cascade-diffusion` does, and writes a configuration, package.json ' +
    'and a README. Nothing is written over.',
  arguments: { folder: text('where to write (default: .)', { value: 'FOLDER' }) },
  options: {
    images: text('a folder, tar shards, a Parquet or an .npz file; or mnist, handwritten digits', { value: 'PATH' }),
    network: oneOf(
      ['tiny', 'small', 'base', 'paper'],
      'the size of the networks, from minutes on a laptop to days on several GPUs',
      { value: 'SIZE' },
    ),
    language: oneOf(['typescript', 'json'], 'the language of the configuration'),
    packageManager: oneOf(['npm', 'pnpm', 'yarn', 'bun'], 'whose settings the project has'),
    configOnly: flag('write the configuration alone, for a project that is there already'),
    yes: flag('defaults for what is not given: mnist, tiny, typescript'),
  },
  examples: [
    { call: 'init', does: 'a project in this folder; it asks four questions' },
    { call: 'init flowers --images photos --network small --yes', does: 'without questions' },
    { call: 'init --config-only --images photos --yes', does: 'cascade.config.ts alone' },
  ],
  run: () => import('./run.ts'),
})
