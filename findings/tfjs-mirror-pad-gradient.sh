#!/usr/bin/env bash
# tfjs's gradient of mirrorPad is that of padding with zeros: what was repeated at the borders counts for nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
cat > finding.cjs <<'JAVASCRIPT'
const tf = require('@tensorflow/tfjs')

/** The gradient of a weighted sum of a linear function: what each number alone gives, which is exact for small integers. */
const differences = (fn, x, weights) => {
  const zero = x.map(() => 0)
  return x.map((_, i) => tf.sum(tf.mul(fn(tf.tensor(zero.map((v, k) => (k === i ? 1 : v)))), weights)).dataSync()[0])
}
const gradient = (fn, x, weights) => Array.from(tf.grad((t) => tf.sum(tf.mul(fn(t), weights)))(tf.tensor(x)).dataSync())
const close = (a, b) => a.every((v, i) => Math.abs(v - b[i]) < 1e-4)
const rounded = (a) => `[${a.map((v) => Number(v.toFixed(3))).join(', ')}]`

async function main() {
  await tf.setBackend('cpu')
  console.log(`@tensorflow/tfjs ${tf.version.tfjs}, backend ${tf.getBackend()}, Node.js ${process.version}`)
  const weights = tf.tensor([1, 2, 3, 4, 5])
  for (const [mode, x] of [['reflect', [1, 2, 3]], ['symmetric', [1, 2, 3]]]) {
    const fn = (t) => tf.mirrorPad(t, [[1, 1]], mode)
    const [expected, given] = [differences(fn, x, weights), gradient(fn, x, weights)]
    const zeros = differences((t) => tf.pad(t, [[1, 1]]), x, weights)
    console.log(`${mode}: expected ${rounded(expected)}; seen ${rounded(given)}, as if padded with zeros ${rounded(zeros)}`)
    if (close(expected, given) || !close(given, zeros)) throw new Error('changed: the gradient of mirrorPad')
  }
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
JAVASCRIPT
node finding.cjs
