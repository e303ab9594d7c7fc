import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { CascadeError } from '@cascade-diffusion/checks'
import { inspectImages, inspectionPage, inspectionText, type SplitName } from '@cascade-diffusion/data'
import { writeAtomically } from '@cascade-diffusion/files'
import { checkFolder } from '../../check-folder.ts'
import type { CommandIo, CommandResult } from '../../command.ts'
import { withProgress } from '../../progress/with-progress.ts'
import { imagesAt } from '../images-at.ts'

interface Values {
  readonly path: string
  readonly split: SplitName | undefined
  readonly sample: number | undefined
  readonly page: string | undefined
}

/** Runs the command `data inspect`. */
export async function run({ path, split, sample, page }: Values, io: CommandIo): Promise<CommandResult> {
  if (page !== undefined) await checkPage(page)
  const source = await imagesAt(path, split)
  const inspected = await withProgress('inspecting', io, (progress) =>
    inspectImages(source, { sample, progress, signal: io.signal }),
  )
  const { inspection } = inspected
  const result = { lines: [inspectionText(inspection)], json: inspection }
  if (page === undefined) return result
  await mkdir(dirname(page), { recursive: true })
  await writeAtomically(page, inspectionPage(inspected))
  return { ...result, written: [{ what: 'page', path: page }] }
}

/** Checks, before a long run, that a page can be written. */
async function checkPage(page: string): Promise<void> {
  await checkFolder(dirname(page), '--page')
  if (page === '' || (await stat(page).catch(() => undefined))?.isFile() === false)
    throw new CascadeError('input', `--page: expected a file, got '${page}'`)
}
