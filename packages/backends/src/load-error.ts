import { CascadeError } from '@cascade-diffusion/checks'
import { type BackendName, backendPackages, isNative } from './backend-name.ts'
import type { FoundPackage } from './locate.ts'

/** How to install a backend. */
const howToInstall = (name: BackendName): string =>
  isNative(name)
    ? `\`npx cascade-diffusion backends install ${name}\` builds it against the library of a current TensorFlow`
    : `\`npm i ${backendPackages[name].npm}\` installs it`

/** The error if no package of a backend can be used. */
export function missing(name: BackendName, found: readonly FoundPackage[]): Error {
  const { npm } = backendPackages[name]
  const [first] = found
  const what = first
    ? `${npm} ${first.version} is in ${first.folder}, but its native add-on (lib/napi-v8/tfjs_binding.node) is not: its install script has not run or failed`
    : `${npm} is not installed`
  return new CascadeError('engine', `backend '${name}': ${what}. ${howToInstall(name)}`)
}

const causes: readonly [pattern: RegExp, say: (match: RegExpMatchArray) => string][] = [
  [
    /(\S+): cannot open shared object file/,
    ([, library]) => `the shared library ${library} is missing or was moved: install it again`,
  ],
  [
    /version [`'](GLIBC\w*_[\d.]+)' not found/,
    ([, version]) => `its library needs a newer C or C++ library than this system has (${version})`,
  ],
  [
    /invalid ELF header|wrong ELF class|not a mach-o|incompatible architecture|not a valid Win32/i,
    () => `it was built for another system than ${process.platform} ${process.arch}`,
  ],
  [
    /NODE_MODULE_VERSION|did not self-register|undefined symbol: napi_/,
    () => `it was built for another Node.js than ${process.version}`,
  ],
  [/undefined symbol/, () => 'the versions of its add-on and its TensorFlow library do not match'],
]

/** The error if a package is there but does not load, with the cause if it is known. */
export function notLoading(name: BackendName, found: FoundPackage, error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error)
  for (const [pattern, say] of causes) {
    const match = message.match(pattern)
    if (match)
      return new CascadeError(
        'engine',
        `backend '${name}': ${found.name} in ${found.folder} does not load: ${say(match)}. ${howToInstall(name)} (${message})`,
        { cause: error },
      )
  }
  return new CascadeError('engine', `backend '${name}': ${found.name} in ${found.folder} does not load: ${message}`, {
    cause: error,
  })
}
