import type { Command } from '../command.ts'

export const inspectCommand: Command = {
  summary: 'look at a set of images: classes, sizes, forms, duplicates, unreadable files',
  usage: `cascade-diffusion inspect PATH [options]

PATH is a folder of images, whose subfolders are classes; ImageNet; LMDB files of LSUN; tar shards of WebDataset;
parquet files; an .npz or .npy file; CIFAR; IDX files; or a folder that \`prepare\` wrote. The JSON of a
source's configuration says more: '{ "name": "parquet", "path": "a.parquet", "image": "photo" }'.

  --split train|val|test   which part, if there are several (train)
  --sample N               look at N images spread over the set (all)
  --json                   what was found as JSON
  --page FILE              write an HTML page too, with a contact sheet

The exit code is 0 also if images cannot be read: they are listed.`,
  run: async (args, io) => (await import('./run-inspect.ts')).runInspect(args, io),
}
