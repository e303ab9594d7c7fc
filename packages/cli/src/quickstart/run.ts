import { join, resolve } from 'node:path'
import { checkFolder } from '../check-folder.ts'
import { type CommandIo, INTERRUPTED, oneOf, parsed, wholeNumber } from '../command.ts'
import { compileNames, compileOn } from './compile-on.ts'
import { Interrupted } from './interrupted.ts'
import { datasetNames, planOf } from './plan.ts'
import { quickstart } from './quickstart.ts'

/** Runs the command `quickstart`; gives the exit code. */
export async function runQuickstart(args: readonly string[], { log, signal }: CommandIo): Promise<number> {
  const { values } = parsed(args, {
    dataset: { type: 'string', default: 'mnist' },
    fast: { type: 'boolean', default: false },
    backend: { type: 'string', default: 'jit' },
    seed: { type: 'string', default: '0' },
    out: { type: 'string', default: 'runs/quickstart' },
    restart: { type: 'boolean', default: false },
  })
  const { fast, restart } = values
  const dataset = oneOf('--dataset', datasetNames, values.dataset)
  const backend = oneOf('--backend', compileNames, values.backend)
  const out = resolve(values.out)
  const seed = wholeNumber('seed', values.seed)
  await checkFolder(out)
  const plan = planOf({ dataset, fast, cacheDir: join(out, 'drawings') })
  const compile = await compileOn(backend)
  try {
    const { report, outcome } = await quickstart({ plan, restart, seed, out, compile, signal, log })
    const { best, evaluator } = outcome
    log(`${(100 * best.score.classAccuracy.value).toFixed(1)} % of the samples are taken for the class asked for`)
    log(
      `FID ${best.score.fid.train.value.toFixed(2)} at s = ${best.level}; the real test set comes to ${evaluator.ofTest.fid.train.value.toFixed(2)}`,
    )
    log(`report: ${report}`)
    return 0
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    log(`${error.message}. Its checkpoint is kept: the same command goes on from there.`)
    return INTERRUPTED
  }
}
