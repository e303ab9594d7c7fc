/**
 * The files of two packages that replace `@tensorflow/tfjs` and `@tensorflow/tfjs-core` where we install tfjs-node: one
 * object, empty until {@link useBackend} fills it with the program's own tfjs-core. So there is only one tfjs-core, and
 * neither webgl nor models are loaded.
 */
export const shimFiles = (version: string): Readonly<Record<string, string>> => ({
  'tfjs/package.json': manifest('@tensorflow/tfjs', version),
  'tfjs/index.js': '// Filled by @cascade-diffusion/backends with the tfjs-core of the program.\nmodule.exports = {}\n',
  'tfjs-core/package.json': manifest('@tensorflow/tfjs-core', version),
  'tfjs-core/index.js': "module.exports = require('../tfjs')\n",
})

const manifest = (name: string, version: string): string =>
  `${JSON.stringify({ name, version, main: 'index.js' }, null, 2)}\n`

/** Fills the shim with tfjs-core, and with what tfjs-node's progress bars expect of tfjs-layers. */
export function fillShim(shim: object, core: Readonly<Record<string, unknown>>): void {
  const version = { tfjs: core.version_core, 'tfjs-core': core.version_core }
  Object.assign(shim, core, { version, CustomCallback: class {}, registerCallbackConstructor: () => {} })
}
