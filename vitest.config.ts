import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['@cascade-diffusion/source'] },
  ssr: { resolve: { conditions: ['@cascade-diffusion/source'] } },
  test: {
    include: ['packages/*/src/**/*.test.ts', 'benchmarks/**/*.test.ts', 'examples/**/*.test.ts', 'scripts/**/*.test.ts'],
    testTimeout: 60_000,
  },
})
