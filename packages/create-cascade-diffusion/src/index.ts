export { languages, networkSizes, type ProjectAnswers, packageManagers } from './answers.ts'
export { type CreateIo, create } from './command.ts'
export { projectFiles } from './project-files.ts'
export { writeProject } from './write-project.ts'
