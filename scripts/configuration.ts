// Writes docs/configuration.md and packages/cascade-diffusion/cascade.schema.json, from the schema of configurations.
import { writeFileSync } from 'node:fs'
import { configurationFiles } from './configuration/files.ts'

for (const { path, text } of configurationFiles()) writeFileSync(path, text)
