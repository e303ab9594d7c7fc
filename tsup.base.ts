import { defineConfig, type Options } from 'tsup'

/** One build for every package: ESM for Node 20 and browsers, with declarations. */
export const library = (entry: string[] = ['src/index.ts']) =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'es2022',
    // Of other packages, the declarations that are built: their sources would be checked once more for each package.
    dts: { compilerOptions: { customConditions: [] } },
    clean: true,
    sourcemap: true,
    // Maps say where code is from; with the text of the sources, they would be most of what is installed.
    esbuildOptions(options) {
      options.sourcesContent = false
    },
  } satisfies Options)
