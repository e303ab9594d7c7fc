import { library } from '../../tsup.base.ts'

export default library(['src/index.ts', 'src/browser.ts', 'src/bin.ts'])
