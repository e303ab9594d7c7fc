#!/usr/bin/env bash
# tfjs's gradient of resizeBilinear with half-pixel centres (the way of PyTorch and TensorFlow 2) is that without them.
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
  const x = Array(16).fill(0)
  const weights = tf.tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1])
  const seen = {}
  for (const halfPixelCenters of [false, true]) {
    const fn = (t) => tf.image.resizeBilinear(tf.reshape(t, [1, 4, 4, 1]), [3, 3], false, halfPixelCenters)
    const [expected, given] = [differences(fn, x, weights), gradient(fn, x, weights)]
    console.log(`4×4 to 3×3 pixels, half-pixel centres ${halfPixelCenters}: expected ${rounded(expected)}; seen ${rounded(given)}`)
    seen[halfPixelCenters] = close(expected, given)
  }
  if (!seen.false || seen.true) throw new Error('changed: which of the gradients is right')
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
JAVASCRIPT
node finding.cjs
