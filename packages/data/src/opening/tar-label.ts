import { openFile } from '../reading/open-file.ts'
import { sampleNameOf } from '../tar/sample-key.ts'
import { tarMembers } from '../tar/tar-members.ts'
import { WindowedFile } from '../tar/windowed-file.ts'

/** Whether the first sample of a shard has a label, `.cls`. */
export async function hasClassLabels(path: string): Promise<boolean> {
  const handle = await openFile(path)
  try {
    let first: string | undefined
    for await (const member of tarMembers(new WindowedFile(handle, path, (await handle.stat()).size))) {
      const sample = member && sampleNameOf(member.name)
      if (!sample) continue
      first ??= sample.key
      if (sample.key !== first) return false
      if (sample.extension === 'cls') return true
    }
    return false
  } finally {
    await handle.close()
  }
}
