import { backendsCommand } from './backends/command.ts'
import type { Command, CommandGroup } from './command.ts'
import { completionCommand } from './completion/command.ts'
import { convertCommand } from './convert/command.ts'
import { dataCommand } from './data/command.ts'
import { doctorCommand } from './doctor/command.ts'
import { evaluateCommand } from './evaluate/command.ts'
import { exportCommand } from './export/command.ts'
import { initCommand } from './init/command.ts'
import { inspectCommand } from './inspect/command.ts'
import { quickstartCommand } from './quickstart/command.ts'
import { sampleCommand } from './sample/command.ts'
import { searchCommand } from './search/command.ts'
import { summaryCommand } from './summary/command.ts'
import { trainCommand } from './train/command.ts'
import { upscaleCommand } from './upscale/command.ts'

/** All commands, in the order of help. */
export const commands: readonly (Command | CommandGroup)[] = [
  initCommand,
  trainCommand,
  sampleCommand,
  upscaleCommand,
  searchCommand,
  evaluateCommand,
  quickstartCommand,
  inspectCommand,
  exportCommand,
  convertCommand,
  summaryCommand,
  dataCommand,
  doctorCommand,
  backendsCommand,
  completionCommand,
]
