// Every README's install line and programs, from packed packages, with every package manager. `check:install [MANAGER…]`
import { pages } from '../pages/pages.ts'
import { type ManagerName, managerNames } from './managers.ts'
import { installLine } from './try-page.ts'
import { workbench } from './workbench.ts'

const wanted = managerNames.filter((name) => process.argv.length < 3 || process.argv.includes(name)) as ManagerName[]
const { managers, tryPage, remove } = await workbench(wanted)
let failures = 0
try {
  for (const manager of managers)
    for (const { path, text } of pages().filter(({ text }) => installLine(text))) {
      const started = performance.now()
      const problem = await tryPage(text, manager).then(
        () => undefined,
        (error: Error) => error.message,
      )
      const seconds = ((performance.now() - started) / 1000).toFixed(1)
      console.log(`${problem ? 'FAILED' : 'ok    '} ${manager.name.padEnd(8)} ${path} (${seconds} s)`)
      if (problem) console.log(problem)
      if (problem) failures++
    }
} finally {
  await remove()
}
if (failures > 0) process.exitCode = 1
