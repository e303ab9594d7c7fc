import type { ProjectAnswers } from './answers.ts'

/** How package managers run a script of a project, and a program of one of its packages. */
export const commandsOf: Readonly<
  Record<Required<ProjectAnswers>['packageManager'], { readonly script: string; readonly program: string }>
> = {
  npm: { script: 'npm run', program: 'npx' },
  pnpm: { script: 'pnpm', program: 'pnpm' },
  yarn: { script: 'yarn', program: 'yarn' },
  bun: { script: 'bun run', program: 'bunx' },
}

/** The README of a project. */
export function readmeFile({ name, language, packageManager }: Required<ProjectAnswers>): string {
  const { script, program } = commandsOf[packageManager]
  const config = language === 'typescript' ? 'cascade.config.ts' : 'cascade.config.json'
  // npm takes options of a script only behind two dashes.
  const dashes = packageManager === 'npm' ? '-- ' : ''
  return `# ${name}

A cascade of diffusion models: one makes small images, the next ones super-resolve them.
\`${config}\` says what it is trained on and how.

\`\`\`sh
${packageManager} install
${script} train
${script} sample ${dashes}--count 16
${script} upscale ${dashes}pictures/
\`\`\`

- \`train\` trains what is not trained yet and writes to \`runs/${name}\`: checkpoints, samples as they become better, and
  \`report.html\`. Ctrl-C saves a checkpoint, from which the same command resumes.
- \`sample\` makes new images with the trained cascade.
- \`upscale\` super-resolves pictures of a folder with its later stages.
- \`${script} evaluate\` compares samples with real images.

\`${program} cascade-diffusion --help\` lists all commands; \`${program} cascade-diffusion train --print-config\` prints the
configuration with nothing left out. Any field of it can be set for one run:

\`\`\`sh
${script} train ${dashes}--stages.0.training.steps 1000
\`\`\`
`
}
