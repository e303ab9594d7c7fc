// Writes samples of a tiny cascade to a folder and to an .npz file at once, until it is killed: for write-samples.test.ts.
import { tinyRun } from './tiny-run.ts'

const [folder = ''] = process.argv.slice(2)
const say = () => process.stdout.write('.')
await Promise.all([tinyRun(`${folder}/images`, { progress: say }), tinyRun(`${folder}/samples.npz`, { progress: say })])
