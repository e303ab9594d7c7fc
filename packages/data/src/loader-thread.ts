import { parentPort, workerData } from 'node:worker_threads'
import type { ThreadData } from './loader/threads/protocol.ts'
import { type Port, serve } from './loader/threads/serve.ts'

// A thread of a loader starts here, by loader/start.ts.
serve(parentPort as unknown as Port, workerData as ThreadData, () => process.exit())
