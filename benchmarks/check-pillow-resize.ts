// Compares `resizeImage` with digests of what Pillow made of the same random images, any number of them:
//
//     benchmarks/.venv/bin/python benchmarks/fixtures/pillow_resize.py 2 20000 cases.json
//     node --conditions=@cascade-diffusion/source --import=tsx benchmarks/check-pillow-resize.ts cases.json
import { readFileSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import { expectedOf, type PillowCase, resultOf } from '../packages/data/src/testing/pillow-cases.ts'

const { versions, cases } = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as {
  versions: string
  cases: PillowCase[]
}
const wrong = cases.filter((one) => !isDeepStrictEqual(resultOf(one), expectedOf(one)))
for (const one of wrong.slice(0, 10)) console.log(JSON.stringify(one))
console.log(`${cases.length - wrong.length} of ${cases.length} images are byte for byte those of ${versions}`)
process.exitCode = wrong.length > 0 ? 1 : 0
