import type { CommandGroup } from '../command.ts'
import { inspectCommand } from './inspect/command.ts'
import { prepareCommand } from './prepare/command.ts'

export const dataCommand: CommandGroup = {
  name: 'data',
  summary: 'look at a set of images, or copy it for training',
  commands: [inspectCommand, prepareCommand],
}
