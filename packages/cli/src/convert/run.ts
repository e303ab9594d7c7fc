import { existsSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { dirname, extname, resolve } from 'node:path'
import type { NDArray, Params } from '@cascade-diffusion/arrays'
import { type StageDescription, writeStage, writtenStage } from '@cascade-diffusion/cascade'
import { openCheckpoint, type TensorFile, writeNpz, writeSafetensors } from '@cascade-diffusion/checkpoints'
import { CascadeError } from '@cascade-diffusion/checks'
import { loadCheckpoint, loadEma } from '@cascade-diffusion/training'
import { presentStage } from '../cascade/present-stage.ts'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import { progressLine } from '../progress/progress-line.ts'
import { UsageError } from '../usage-error.ts'

interface Values {
  readonly weights: string
  readonly out: string
  readonly average: string | undefined
  readonly prefix: string | undefined
  readonly force: boolean
}

/** Runs the command `convert`. */
export async function run(values: Values, io: CommandIo): Promise<CommandResult> {
  const { weights, average, prefix } = values
  const out = resolve(values.out)
  const format = formatOf(values.out)
  await checkPaths(weights, out, values.force)
  const file = await openCheckpoint(weights)
  try {
    const isTraining = file.metadata.format?.startsWith('cascade-diffusion training')
    if (average !== undefined && !isTraining)
      throw new UsageError(`--average: expected a training checkpoint, got ${weights}, which has no averages`)
    if (prefix !== undefined && isTraining)
      throw new UsageError(`--prefix: expected weights of another program, got ${weights}, a training checkpoint`)
    await mkdir(dirname(out), { recursive: true })
    const made = isTraining
      ? await fromTraining(weights, average, format, out)
      : await tensors(file, values, format, out, io)
    const bytes = (await stat(out)).size
    return { lines: [made.said], json: { ...made.json, format, bytes }, written: [{ what: made.what, path: out }] }
  } finally {
    await file.close()
  }
}

type Format = 'safetensors' | 'npz'

/** What is written. */
interface Made {
  readonly what: string
  readonly said: string
  readonly json: object
}

/** The endings of formats that are read, but not written, and what to do instead. */
const notWritten: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['.pt', '.pth', '.bin', '.ckpt'].map((ending) => [
      ending,
      'pickles are not written; PyTorch reads .safetensors: safetensors.torch.load_file(path)',
    ]),
  ),
  '.onnx': '`npx cascade-diffusion export --format onnx` writes networks as ONNX',
  '.h5': 'files of Keras are not written',
  '.keras': 'files of Keras are not written',
  '.json': 'files of TensorFlow.js are not written',
}

/** @throws UsageError unless the ending is that of a format that is written. */
function formatOf(out: string): Format {
  const ending = extname(out).toLowerCase()
  if (ending === '.safetensors' || ending === '.npz') return ending.slice(1) as Format
  const why = notWritten[ending]
  throw new UsageError(`--out: expected a file that ends in .safetensors or .npz, got '${out}'${why ? `: ${why}` : ''}`)
}

/** @throws if there are no weights, or what is written would take the place of something else. */
async function checkPaths(weights: string, out: string, force: boolean): Promise<void> {
  const found = await stat(weights).catch(() => undefined)
  if (!found) throw new CascadeError('input', `expected a file of weights at ${weights}, there is nothing`)
  if (found.isDirectory())
    throw new CascadeError(
      'input',
      `expected a file of weights, got the folder ${weights}; \`export\` reads folders of diffusers`,
    )
  if (resolve(weights) === out) throw new CascadeError('input', `--out: expected another file than ${weights} itself`)
  if (existsSync(out) && !force)
    throw new CascadeError(
      'input',
      `--out: expected a new file, got ${out}, which is there already; --force writes over it`,
    )
  await checkFolder(dirname(out))
}

/** The averaged weights of a training checkpoint; of a stage, with its description. */
async function fromTraining(path: string, average: string | undefined, format: Format, out: string): Promise<Made> {
  const { params, config, kind, step } = average === 'none' ? await weightsOf(path) : await loadEma(path, { average })
  const { stage } = (config ?? {}) as { readonly stage?: StageDescription }
  const which = average === 'none' ? 'weights' : `averaged weights${average === undefined ? '' : ` '${average}'`}`
  const json = { kind, step, tensors: Object.keys(params).length, stage: stage?.name }
  if (format === 'npz') {
    await writeNpz(out, params)
    return { what: 'weights', said: `the ${which} after ${step} steps, by name`, json }
  }
  if (!stage) {
    await writeSafetensors(out, params)
    return {
      what: 'weights',
      said: `the ${which} after ${step} steps, without a description: it is no stage, but '${kind}'`,
      json,
    }
  }
  await writeStage(out, presentStage(stage, path), params)
  return { what: 'stage', said: `stage '${stage.name}': the ${which} after ${step} steps`, json }
}

async function weightsOf(
  path: string,
): Promise<{ params: Params<NDArray>; config: unknown; kind: string; step: number }> {
  const { state, ...described } = await loadCheckpoint(path)
  return { ...described, params: state.params }
}

/** The tensors of a file, read as they are written. */
async function tensors(
  file: TensorFile,
  { weights, prefix = '' }: Values,
  format: Format,
  out: string,
  io: CommandIo,
): Promise<Made> {
  if (writtenStage(file.metadata) && format === 'safetensors')
    throw new CascadeError('input', `expected weights of another form, got ${weights}, a stage in safetensors already`)
  const names = file.names.filter((name) => name.startsWith(prefix) && name !== prefix)
  const unread = [...file.unreadable.keys()].filter((name) => name.startsWith(prefix))
  if (names.length === 0)
    throw new CascadeError(
      'input',
      `${weights}: expected tensors${prefix === '' ? '' : ` whose names begin with '${prefix}'`}, ` +
        `got ${file.names.slice(0, 4).join(', ') || 'none'}${file.names.length > 4 ? ', …' : ''}`,
    )
  const line = progressLine({ label: 'converting', total: names.length, unit: 'tensor', stream: io.progress })
  let done = 0
  const lazy = Object.fromEntries(
    names.map((name) => {
      const read = async () => {
        const array = await file.read(name)
        line.update(++done)
        return array
      }
      return [name.slice(prefix.length), { dtype: file.dtype(name), shape: file.shape(name), read }]
    }),
  )
  await (format === 'npz' ? writeNpz(out, lazy) : writeSafetensors(out, lazy, ownMetadata(file))).finally(line.end)
  const left = unread.length > 0 ? `; left out, as they cannot be read: ${unread.slice(0, 4).join(', ')}` : ''
  return {
    what: 'weights',
    said: `${names.length} tensors of ${weights}${left}`,
    json: { tensors: names.length, unreadable: unread },
  }
}

/** What a safetensors file says of itself, but for the checksum of the old one. */
function ownMetadata({ metadata }: TensorFile): Readonly<Record<string, string>> {
  const { sha256: _, ...rest } = metadata
  return rest
}
