import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@cascade-diffusion/source'] },
  ssr: { resolve: { conditions: ['@cascade-diffusion/source'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'benchmarks/**/*.test.ts',
      'examples/**/*.test.ts',
      'scripts/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/.venv/**'],
    reporters: ['default', './scripts/count-reporter.ts'],
    // A process for each file: tfjs has one global engine. No more of them: ONNX Runtime brings threads of its own.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 180_000,
  },
})
