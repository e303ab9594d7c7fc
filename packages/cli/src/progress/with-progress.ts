import type { CommandIo } from '../command.ts'
import { progressLine } from './progress-line.ts'

/** Shows progress in images while work runs, from the first call on. */
export async function withProgress<T>(
  label: string,
  { progress: stream }: CommandIo,
  work: (progress: (done: { readonly done: number; readonly total: number }) => void) => Promise<T>,
): Promise<T> {
  let line: ReturnType<typeof progressLine> | undefined
  try {
    return await work(({ done, total }) => {
      line ??= progressLine({ label, total, start: done, unit: 'image', stream })
      line.update(done)
    })
  } finally {
    line?.end()
  }
}
