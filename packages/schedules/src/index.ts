export { respace, type Spacing } from './respace.ts'
export { cosineSchedule, type DiscreteSchedule, linearSchedule, scheduleFromBetas } from './schedule.ts'
