import { cpu as target } from '../lower/target.ts'
import type { WebEngine } from './definition.ts'
import { browser, inNode } from './shared/host.ts'
import { usableThreads } from './shared/usable-threads.ts'
import { webHostSession } from './web/host-session.ts'

/** ONNX Runtime on the processor by WebAssembly, in browsers and in Node.js. */
export const wasm: WebEngine = {
  target,
  web: {
    // In a bundle, `browser` in package.json makes this the part of the package for WebAssembly alone.
    load: () => import('onnxruntime-web'),
    threads: () => {
      if (inNode) return usableThreads()
      // Threads share memory, which needs a page that is cross-origin isolated.
      return typeof SharedArrayBuffer === 'undefined' ? 1 : (browser.navigator?.hardwareConcurrency ?? 0)
    },
    executable: webHostSession,
  },
}
