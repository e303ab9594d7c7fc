/** What to do about failures of the system, by the code of Node.js. */
const ofSystem: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full. Free some space and run the command again, or write elsewhere.',
  EDQUOT: 'The quota of the disk is used up. Free some space and run the command again, or write elsewhere.',
  EACCES: 'This user may not do that. Check who owns the file or folder, or write elsewhere.',
  EPERM: 'This user may not do that. Check who owns the file or folder, or write elsewhere.',
  EROFS: 'The disk can only be read. Write elsewhere.',
  EBUSY: 'Another program uses the file. Close it, and run the command again.',
  EMFILE: 'Too many files are open. Raise the limit, `ulimit -n 4096`, and run the command again.',
  ENOTFOUND: 'The address could not be found. Check it and the network; HTTPS_PROXY names a proxy.',
  ECONNREFUSED: 'Nothing answers at the address. Check it and the network; HTTPS_PROXY names a proxy.',
}

const memory =
  'There is not enough memory. Use smaller batches (--training.batchSize, --batch-size) or a smaller network ' +
  '(--network tiny); `npx cascade-diffusion doctor` shows how much there is.'

const damaged =
  'A picture is damaged. `npx cascade-diffusion data inspect PATH` lists such pictures, and ' +
  '`npx cascade-diffusion data prepare PATH FOLDER --unreadable skip` makes a copy without them.'

const outOfMemory = /array buffer allocation failed|failed to allocate memory|bad_alloc|out of memory/i

/** What to do about an error that came from the system or from a damaged picture, found among its causes. */
export function adviceFor(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown }
    if (typeof code === 'string' && Object.hasOwn(ofSystem, code)) return ofSystem[code]
    if (code === 'ENOMEM' || outOfMemory.test(at.message)) return memory
    if (code === 'data' && at.message.includes('could not be decoded')) return damaged
  }
  return undefined
}
