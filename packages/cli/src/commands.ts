import { backendsCommand } from './backends/command.ts'
import type { Command } from './command.ts'
import { inspectCommand } from './data/inspect-command.ts'
import { prepareCommand } from './data/prepare-command.ts'
import { doctorCommand } from './doctor/command.ts'
import { exportCommand } from './export/command.ts'
import { quickstartCommand } from './quickstart/command.ts'
import { summaryCommand } from './summary/command.ts'

/** All commands by name. */
export const commands: Readonly<Record<string, Command>> = {
  quickstart: quickstartCommand,
  export: exportCommand,
  summary: summaryCommand,
  inspect: inspectCommand,
  prepare: prepareCommand,
  doctor: doctorCommand,
  backends: backendsCommand,
}
