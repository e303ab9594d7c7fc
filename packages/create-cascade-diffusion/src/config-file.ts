import type { ProjectAnswers } from './answers.ts'

/** The configuration, as text in its language. */
export function configFile({ name, images, network, language }: Required<ProjectAnswers>): string {
  const data = images === 'mnist' ? { name: 'mnist' } : images
  if (language === 'json') {
    const $schema = './node_modules/cascade-diffusion/cascade.schema.json'
    return `${JSON.stringify({ $schema, name, data, network }, undefined, 2)}\n`
  }
  return `import { defineCascade } from 'cascade-diffusion'

// What is left out follows from the images and the size of the networks:
// \`npx cascade-diffusion train --print-config\` shows all of it.
export default defineCascade({
  // Names the run, whose files are in runs/${name}.
  name: ${quoted(name)},
  ${
    images === 'mnist'
      ? `// Handwritten digits, to try it. Or a folder of your images, with a folder for each class if there are classes.
  data: { name: 'mnist' },`
      : `// A folder of images, with a folder for each class if there are classes; or tar shards, Parquet, .npz.
  data: ${quoted(images)},`
  }
  // 'tiny', 'small', 'base' or 'paper'.
  network: ${quoted(network)},
})
`
}

/** As a string of TypeScript. */
const quoted = (text: string): string => (/['\\\n]/.test(text) ? JSON.stringify(text) : `'${text}'`)
