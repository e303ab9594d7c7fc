import type { Command } from '../command.ts'

export const prepareCommand: Command = {
  summary: 'copy a set of images at a smaller size, in shards, for training',
  usage: `cascade-diffusion prepare PATH FOLDER [options]

PATH is as for \`cascade-diffusion inspect\`. FOLDER gets the shards and manifest.json; \`preparedImages\` of
@cascade-diffusion/data reads it, and so do NumPy (npy) or WebDataset (tar).

  --size N             height and width of the copies; without it, images stay as they are
  --crop NAME          how they become squares:
                         center       the largest square, averaged (the default)
                         torchvision  Resize and CenterCrop, bilinear
                         adm          as OpenAI's code: halved, then bicubic, then cut
                         biggan       the largest square, as BigGAN's code
                         none         squeezed
  --format npy|tar     arrays of NumPy, or PNG files in tars (npy)
  --shard-images N     images in a shard (128 MiB of pixels)
  --unreadable fail|skip   what an image does that cannot be read: skipped ones are listed (fail)
  --split train|val|test   which part, if there are several (train)

Ctrl-C keeps the shards that are whole; the same command resumes, to the same bytes.`,
  run: async (args, io) => (await import('./run-prepare.ts')).runPrepare(args, io),
}
