#!/usr/bin/env node
// Any Node.js can parse this file: it imports nothing before the version is known.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major > 20 || (major === 20 && minor >= 19)) import('./start.ts')
else {
  console.error(
    `cascade-diffusion needs Node.js 20.19 or later; this is ${process.versions.node}, ${process.execPath}.\n` +
      'Install a current one from https://nodejs.org, or with a version manager: nvm install 22',
  )
  process.exitCode = 1
}

export {}
