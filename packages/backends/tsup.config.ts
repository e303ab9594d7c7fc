import { library } from '../../tsup.base.ts'

export default library(['src/index.ts', 'src/probe-child.ts', 'src/probe-onnxruntime.ts'])
