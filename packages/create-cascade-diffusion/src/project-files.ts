import { createRequire } from 'node:module'
import { checkAnswers, type ProjectAnswers } from './answers.ts'
import { configFile } from './config-file.ts'
import { readmeFile } from './readme-file.ts'

/** From package.json, which lies above this file as source and when built. All our packages have one version. */
export const version = (): string => createRequire(import.meta.url)('../package.json').version

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`

/** What depends on the language of the configuration. */
const languageFiles = {
  typescript: (answers: Required<ProjectAnswers>) => ({
    'cascade.config.ts': configFile(answers),
    'tsconfig.json': json(tsconfig),
  }),
  json: (answers: Required<ProjectAnswers>) => ({ 'cascade.config.json': configFile(answers) }),
}

/** onnxruntime-node's script would download CUDA's libraries, which only the engine `cuda` needs. */
const managerFiles: Readonly<Record<Required<ProjectAnswers>['packageManager'], Readonly<Record<string, string>>>> = {
  npm: { '.npmrc': 'ignore-scripts=true\n' },
  pnpm: { 'pnpm-workspace.yaml': 'allowBuilds:\n  onnxruntime-node: false\n' },
  yarn: { '.yarnrc.yml': 'enableScripts: false\n' },
  bun: {},
}

/**
 * The files of a project that trains a cascade, by name: the configuration, `package.json` with `cascade-diffusion` and
 * its commands as scripts, a README that explains them, `.gitignore`, with TypeScript `tsconfig.json` for editors, and
 * the settings of the package manager.
 * @throws if an answer is wrong.
 */
export function projectFiles(answers: ProjectAnswers): Record<string, string> {
  const checked = checkAnswers('projectFiles', answers)
  const { name, language, packageManager } = checked
  return {
    ...languageFiles[language](checked),
    'package.json': json({
      name,
      private: true,
      type: 'module',
      scripts: {
        train: 'cascade-diffusion train',
        sample: `cascade-diffusion sample runs/${name}`,
        upscale: `cascade-diffusion upscale runs/${name}`,
        evaluate: `cascade-diffusion evaluate runs/${name}`,
      },
      dependencies: { 'cascade-diffusion': `^${version()}` },
    }),
    ...managerFiles[packageManager],
    '.gitignore': ['node_modules/', 'runs/', '.pnp.*', '.yarn/', ''].join('\n'),
    'README.md': readmeFile(checked),
  }
}

const tsconfig = {
  compilerOptions: {
    target: 'ES2022',
    module: 'NodeNext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
  },
  include: ['*.ts'],
}
