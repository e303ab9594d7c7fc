import { withFile } from '../reading/file-bytes.ts'
import { sampleNameOf } from '../tar/sample-key.ts'
import { tarMembers } from '../tar/tar-members.ts'
import { WindowedFile } from '../tar/windowed-file.ts'

/** Whether the first sample of a shard has a label, `.cls`. */
export const hasClassLabels = (path: string): Promise<boolean> =>
  withFile(path, async (_read, _size, file) => {
    let first: string | undefined
    for await (const member of tarMembers(new WindowedFile(path, file))) {
      const sample = member && sampleNameOf(member.name)
      if (!sample) continue
      first ??= sample.key
      if (sample.key !== first) return false
      if (sample.extension === 'cls') return true
    }
    return false
  })
