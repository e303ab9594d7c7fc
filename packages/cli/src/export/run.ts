import { join } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { type ExportSource, writeDiffusers, writeOnnx, writeSafetensorsFolder } from '@cascade-diffusion/export'
import { fromPretrained } from '@cascade-diffusion/pretrained'
import { byteProgress } from '../byte-progress.ts'
import { checkFolder } from '../check-folder.ts'
import { type CommandIo, oneOf, parsed, UsageError, wholeNumber } from '../command.ts'

const formats = ['onnx', 'safetensors', 'diffusers'] as const

/** Runs the command `export`: loads networks and writes them. @returns the exit code. */
export async function runExport(args: readonly string[], io: CommandIo): Promise<number> {
  const { positionals, values } = parsed(
    args,
    {
      format: { type: 'string' },
      out: { type: 'string' },
      float16: { type: 'boolean', default: false },
      flags: { type: 'string' },
      'image-size': { type: 'string' },
      'low-resolution': { type: 'string' },
      name: { type: 'string', default: 'unet' },
    },
    true,
  )
  const { out, float16, name, flags } = values
  const format = oneOf('--format', formats, values.format)
  if (out === undefined) throw new UsageError('--out: expected a folder')
  if (positionals.length === 0) throw new UsageError('expected a checkpoint')
  if (format === 'diffusers' && positionals.length > 1)
    throw new UsageError('--format diffusers: expected one checkpoint')
  if (float16 && format !== 'onnx') throw new UsageError(`--float16: expected --format onnx, got ${format}`)

  const imageSize = numberOf('image-size', values['image-size'])
  const lowResolution = numberOf('low-resolution', values['low-resolution'])
  await checkFolder(out)
  const sources: ExportSource[] = []
  for (const path of positionals) {
    const found = await fromPretrained(path, {
      signal: io.signal,
      progress: byteProgress(),
      flags,
      imageSize,
    })
    if (found.kind === 'classifier')
      throw new CascadeError('input', `${path} is a classifier; only stages and U-Nets can be exported`)
    if (found.kind === 'unet' && found.assumed.length > 0)
      io.log(`${path}: ${found.assumed.join(', ')} not given: assumed the defaults of ${found.family}`)
    sources.push(found.kind === 'unet' && lowResolution !== undefined ? { ...found, lowResolution } : found)
  }
  for (const line of await write(format, sources, out, float16 ? 'float16' : 'float32', name)) io.log(line)
  return 0
}

const numberOf = (name: string, text: string | undefined) =>
  text === undefined ? undefined : wholeNumber(name, text, 1)

/** @returns what was written, in lines. */
async function write(
  format: (typeof formats)[number],
  sources: readonly ExportSource[],
  out: string,
  precision: 'float32' | 'float16',
  name: string,
): Promise<string[]> {
  if (format === 'safetensors') return writeSafetensorsFolder(sources, out, name)
  if (format === 'onnx') {
    const { stages } = await writeOnnx(sources, out, { precision, name })
    const files = stages.flatMap(({ network, augmentation }) => [network, ...(augmentation ? [augmentation.file] : [])])
    return [...files, 'cascade.json'].map((file) => join(out, file))
  }
  const { noScheduler, noPipeline } = await writeDiffusers(sources[0] as ExportSource, out)
  const files = [
    ...['config.json', 'diffusion_pytorch_model.safetensors'],
    ...(noScheduler ? [] : ['scheduler_config.json']),
    ...(noPipeline ? [] : ['model_index.json']),
  ]
  return [
    ...files.map((file) => join(out, file)),
    ...(noScheduler ? [`no scheduler_config.json: ${noScheduler}`] : []),
    ...(noPipeline && !noScheduler ? [`no model_index.json: ${noPipeline}`] : []),
  ]
}
