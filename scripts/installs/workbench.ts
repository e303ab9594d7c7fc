import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CreatedProject, createProject } from './create-project.ts'
import { type Manager, type ManagerName, managersIn, pnpmIn } from './managers.ts'
import { packInto } from './pack.ts'
import { serveRegistry } from './registry.ts'
import { type Programs, tryPage } from './try-page.ts'

/** All that it takes to install our packages as a user would. */
export interface Workbench {
  readonly managers: readonly Manager[]
  /** {@link tryPage} with the packages as packed here; gives the project's folder. */
  tryPage(page: string, manager: Manager, programs?: Programs): Promise<string>
  /** {@link createProject} with the packages as packed here. */
  createProject(manager: Manager, flags: readonly string[]): Promise<CreatedProject>
  remove(): Promise<void>
}

/** Builds and packs everything, serves it, and fetches package managers. pnpm is among them in any case. */
export async function workbench(names: readonly ManagerName[]): Promise<Workbench> {
  const folder = await mkdtemp(join(tmpdir(), 'cascade-diffusion-installs-'))
  const managers = await managersIn(join(folder, 'tools'), [...new Set<ManagerName>(['pnpm 10', ...names])])
  await packInto(join(folder, 'packed'), pnpmIn(join(folder, 'tools')))
  const registry = await serveRegistry(join(folder, 'packed'))
  return {
    managers: managers.filter(({ name }) => names.includes(name)),
    tryPage: (page, manager, programs) => tryPage(page, manager, join(folder, 'projects'), registry.url, programs),
    createProject: (manager, flags) => createProject(manager, flags, join(folder, 'projects'), registry.url),
    async remove() {
      registry.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}
