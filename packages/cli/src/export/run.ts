import { join } from 'node:path'
import { isDiffusionStage } from '@cascade-diffusion/cascade'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ExportSource, writeDiffusers, writeOnnx, writeSafetensorsFolder } from '@cascade-diffusion/export'
import { fromPretrained } from '@cascade-diffusion/pretrained'
import { holdsCascade, openCascade } from '../cascade/open-cascade.ts'
import { checkFolder } from '../check-folder.ts'
import type { CommandIo, CommandResult } from '../command.ts'
import { byteProgress } from '../progress/byte-progress.ts'
import { UsageError } from '../usage-error.ts'

type Format = 'onnx' | 'safetensors' | 'diffusers'

interface Values {
  readonly checkpoints: readonly string[]
  readonly format: Format
  readonly out: string
  readonly float16: boolean
  readonly flags: string | undefined
  readonly imageSize: number | undefined
  readonly lowResolution: number | undefined
  readonly name: string
}

/** Runs the command `export`: loads networks and writes them. */
export async function run(
  { checkpoints, format, out, float16, flags, imageSize, lowResolution, name }: Values,
  io: CommandIo,
): Promise<CommandResult> {
  if (format === 'diffusers' && checkpoints.length > 1)
    throw new UsageError(`--format diffusers: expected one checkpoint, got ${checkpoints.join(' ')}`)
  if (float16 && format !== 'onnx') throw new UsageError(`--float16: expected --format onnx, got ${format}`)
  await checkFolder(out)
  const sources: ExportSource[] = []
  for (const path of checkpoints) {
    if (holdsCascade(path)) {
      sources.push(...(await openCascade(path)).stages.filter(isDiffusionStage))
      continue
    }
    const found = await fromPretrained(path, {
      signal: io.signal,
      progress: byteProgress(io.progress),
      flags,
      imageSize,
    })
    if (found.kind === 'classifier')
      throw new CascadeError('input', `${path} is a classifier; only stages and U-Nets can be exported`)
    if (found.kind === 'unet' && found.assumed.length > 0)
      io.say(`${path}: ${found.assumed.join(', ')} not given: assumed the defaults of ${found.family}`)
    sources.push(found.kind === 'unet' && lowResolution !== undefined ? { ...found, lowResolution } : found)
  }
  if (format === 'diffusers' && sources.length > 1)
    throw new UsageError(`--format diffusers: expected one network, got the ${sources.length} of ${checkpoints[0]}`)
  const { files, lines = [] } = await write(format, sources, out, float16 ? 'float16' : 'float32', name)
  return { lines, json: { format, notes: lines }, written: files.map((path) => ({ what: kindOf(path), path })) }
}

const kindOf = (path: string) => (/\.(onnx|safetensors)$/.test(path) ? 'network' : 'description')

interface Exported {
  readonly files: readonly string[]
  /** What was not written, and why. */
  readonly lines?: readonly string[]
}

async function write(
  format: Format,
  sources: readonly ExportSource[],
  out: string,
  precision: 'float32' | 'float16',
  name: string,
): Promise<Exported> {
  if (format === 'safetensors') return { files: await writeSafetensorsFolder(sources, out, name) }
  if (format === 'onnx') {
    const { stages } = await writeOnnx(sources, out, { precision, name })
    const files = stages.flatMap(({ network, augmentation }) => [network, ...(augmentation ? [augmentation.file] : [])])
    return { files: [...files, 'cascade.json'].map((file) => join(out, file)) }
  }
  const { noScheduler, noPipeline } = await writeDiffusers(sources[0] as ExportSource, out)
  const files = [
    ...['config.json', 'diffusion_pytorch_model.safetensors'],
    ...(noScheduler ? [] : ['scheduler_config.json']),
    ...(noPipeline ? [] : ['model_index.json']),
  ]
  const lines = [
    ...(noScheduler ? [`no scheduler_config.json: ${noScheduler}`] : []),
    ...(noPipeline && !noScheduler ? [`no model_index.json: ${noPipeline}`] : []),
  ]
  return { files: files.map((file) => join(out, file)), lines }
}
