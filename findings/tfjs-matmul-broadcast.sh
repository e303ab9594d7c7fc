#!/usr/bin/env bash
# tfjs's matMul on the cpu backend, where batches [2, 1] and [2, 2] are broadcast, takes a wrong matrix of the first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
echo '{}' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @tensorflow/tfjs@4.22.0
cat > finding.cjs <<'JAVASCRIPT'
const tf = require('@tensorflow/tfjs')

async function main() {
  await tf.setBackend('cpu')
  console.log(`@tensorflow/tfjs ${tf.version.tfjs}, backend ${tf.getBackend()}, Node.js ${process.version}`)
  const a = tf.tensor([1, 10], [2, 1, 1, 1])
  const b = tf.tensor([1, 2, 3, 4], [2, 2, 1, 1])
  const [product, expected] = [tf.matMul(a, b), tf.mul(a, b)].map((t) => Array.from(t.dataSync()))
  console.log(`expected [${expected}], as a product of 1×1 matrices; seen [${product}]`)
  if (`${product}` !== '1,20,3,40') throw new Error('changed: matMul of broadcast batches')
}

main().catch((error) => {
  console.error(error.message)
  process.exitCode = 1
})
JAVASCRIPT
node finding.cjs
