import type { Command } from '../command.ts'

export const quickstartCommand: Command = {
  summary: 'train, sample and evaluate a small cascade on real images, and write a report',
  usage: `cascade-diffusion quickstart [options]

  --dataset NAME   mnist (real handwritten digits, 8×8 → 32×32; the default) or
                   dicebear (procedural art in colour, 16×16 → 64×64)
  --fast           a rough picture in about two minutes
  --backend NAME   what runs the models: jit (compiled, on the CPU; the default),
                   jit-cuda, jit-webgpu or jit-wasm (compiled, other engines),
                   node or node-gpu (TensorFlow's library, operation by operation)
                   or cpu (plain JavaScript: hundreds of times slower);
                   \`cascade-diffusion doctor\` shows which of them work here
  --seed N         other weights, batches and noise (0)
  --out FOLDER     where to write (runs/quickstart)
  --restart        train from scratch instead of resuming from earlier checkpoints

Ctrl-C saves a checkpoint; the same command resumes from it.`,
  // Loaded when it runs: help and doctor must not depend on all of this.
  run: async (args, io) => (await import('./run.ts')).runQuickstart(args, io),
}
