import { parentPort, workerData } from 'node:worker_threads'
import type { Gate } from './engines/thread/gate.ts'
import { type Port, serve } from './engines/thread/serve.ts'

// The compute thread starts here, by engines/thread/start.ts.
serve(parentPort as unknown as Port, workerData as Gate)
