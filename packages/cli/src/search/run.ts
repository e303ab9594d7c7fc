import { searchRun } from '@cascade-diffusion/experiment'
import type { CommandIo, CommandResult } from '../command.ts'
import { type EvaluatedValues, evaluated } from '../run/evaluated.ts'

/** Runs the command `search`. */
export const run = (values: EvaluatedValues, io: CommandIo): Promise<CommandResult> => evaluated(values, io, searchRun)
