import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { inspectImages, inspectionPage, inspectionText } from '@cascade-diffusion/data'
import { writeAtomically } from '@cascade-diffusion/files'
import { checkFolder } from '../check-folder.ts'
import { type CommandIo, parsed, UsageError, wholeNumber } from '../command.ts'
import { imagesAt, imagesOptions } from './images-at.ts'
import { withProgress } from './with-progress.ts'

/** Runs the command `inspect`. @returns the exit code. */
export async function runInspect(args: readonly string[], { log, signal }: CommandIo): Promise<number> {
  const { positionals, values } = parsed(
    args,
    {
      ...imagesOptions,
      sample: { type: 'string' },
      json: { type: 'boolean', default: false },
      page: { type: 'string' },
    },
    true,
  )
  const { page, split } = values
  const sample = values.sample === undefined ? undefined : wholeNumber('sample', values.sample, 1)
  if (positionals.length > 1) throw new UsageError(`expected one path, got ${positionals.join(' ')}`)
  if (page !== undefined) await checkPage(page)
  const source = await imagesAt(positionals[0], split)
  const inspected = await withProgress('inspecting', (progress) => inspectImages(source, { sample, progress, signal }))
  const { inspection } = inspected
  log(values.json ? JSON.stringify(inspection, null, 2) : inspectionText(inspection))
  if (page !== undefined) {
    await mkdir(dirname(page), { recursive: true })
    await writeAtomically(page, inspectionPage(inspected))
  }
  return 0
}

/** Checks, before a long run, that a page can be written. */
async function checkPage(page: string): Promise<void> {
  await checkFolder(dirname(page), '--page')
  if (page === '' || (await stat(page).catch(() => undefined))?.isFile() === false)
    throw new CascadeError('input', `--page: expected a file, got '${page}'`)
}
