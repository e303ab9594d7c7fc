import { command } from '../command.ts'

export const doctorCommand = command({
  name: 'doctor',
  summary: 'show what works on this machine, and what to do about what does not',
  about: 'Each engine of jit and each backend of tfjs computes something, in a process of its own.',
  exitCodes: { 0: 'the default works: jit on the CPU', 1: 'the default does not work' },
  run: () => import('./run.ts'),
})
