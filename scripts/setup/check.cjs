/** Run under Cria's Node: loads the binding as the engine does, multiplies two matrices, compares. Arguments: binding, project. */
const { createRequire } = require('node:module');
const { join } = require('node:path');
const util = require('node:util');

// tfjs-node 4.22 calls these two, which newer Nodes have deprecated or removed.
util.isNullOrUndefined = (value) => value === null || value === undefined;
util.isArray = Array.isArray;

const [binding, project] = process.argv.slice(2);
const fromProject = createRequire(join(project, 'package.json'));
const native = fromProject(binding);
fromProject('@tensorflow/tfjs-node-gpu/dist/register_all_kernels');
const tf = fromProject('@tensorflow/tfjs');
const { NodeJSKernelBackend } = fromProject('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend');
tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(native, '@tensorflow/tfjs-node-gpu'), 3);
tf.setBackend('tensorflow');

const product = tf.matMul(tf.tensor2d([1, 2, 3, 4], [2, 2]), tf.tensor2d([5, 6, 7, 8], [2, 2])).dataSync();
if (product.join() !== '19,22,43,50') throw new Error(`matrix product is wrong: ${product.join()}`);
console.log(`TensorFlow ${native.TF_Version} works`);
